//! The liveness timeline as an SVG: angles above, openness and attack score below, gestures marked.

use std::fmt::Write as _;

use serde_json::Value;

use super::report::escape;

const WIDTH: f64 = 1120.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 150.0;
/// The two panels: top, height, least and greatest value, unit.
const ANGLES: Panel = Panel {
    top: 26.0,
    height: 140.0,
    least: -40.0,
    most: 40.0,
    unit: "degrees",
};
const SCORES: Panel = Panel {
    top: 196.0,
    height: 110.0,
    least: 0.0,
    most: 1.0,
    unit: "0 to 1",
};
const HEIGHT: f64 = 340.0;

struct Panel {
    top: f64,
    height: f64,
    least: f64,
    most: f64,
    unit: &'static str,
}

impl Panel {
    fn y(&self, value: f64) -> f64 {
        let share = (value.clamp(self.least, self.most) - self.least) / (self.most - self.least);
        self.top + self.height * (1.0 - share)
    }
}

/// Draws the moments of a clip.
pub fn timeline(moments: &Value, gestures: &Value) -> String {
    let moments: &[Value] = moments.as_array().map_or(&[], Vec::as_slice);
    let Some(end_ms) = moments.last().and_then(|moment| moment["t_ms"].as_f64()) else {
        return "<p>No frame was judged.</p>".into();
    };
    let x = |t_ms: f64| LEFT + (WIDTH - LEFT - RIGHT) * t_ms / end_ms.max(1.0);
    let mut plot = format!("<svg class=\"plot\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\">");
    for gesture in gestures.as_array().into_iter().flatten() {
        mark(&mut plot, gesture, x);
    }
    for panel in [&ANGLES, &SCORES] {
        frame(&mut plot, panel);
    }
    let curves: [(&Panel, &str, &str, &str); 5] = [
        (&ANGLES, "yaw_deg", "yaw", "#1769c4"),
        (&ANGLES, "pitch_deg", "pitch", "#b3541e"),
        (&SCORES, "eye_openness", "eyes open", "#0b8a47"),
        (&SCORES, "mouth_openness", "mouth open", "#8a2bb0"),
        (&SCORES, "pad_score", "passive PAD", "#1b2430"),
    ];
    for (panel, field, name, colour) in curves {
        curve(&mut plot, panel, moments, (field, name, colour), x);
    }
    seconds(&mut plot, end_ms, x);
    plot.push_str("</svg>\n");
    plot
}

fn mark(plot: &mut String, gesture: &Value, x: impl Fn(f64) -> f64) {
    let (Some(start), Some(end)) = (gesture["start_ms"].as_f64(), gesture["end_ms"].as_f64())
    else {
        return;
    };
    let name = gesture["kind"]
        .as_str()
        .unwrap_or_default()
        .replace('_', " ");
    let (from, to) = (x(start), x(end));
    let bottom = SCORES.top + SCORES.height;
    let _ = write!(
        plot,
        "<rect class=\"gesture\" x=\"{from:.1}\" y=\"{}\" width=\"{:.1}\" height=\"{}\"/>\
         <text class=\"gesture-name\" x=\"{from:.1}\" y=\"18\">{}</text>",
        ANGLES.top,
        (to - from).max(2.0),
        bottom - ANGLES.top,
        escape(&name),
    );
}

fn frame(plot: &mut String, panel: &Panel) {
    let middle = f64::midpoint(panel.least, panel.most);
    for value in [panel.least, middle, panel.most] {
        let y = panel.y(value);
        let _ = write!(
            plot,
            "<line class=\"{}\" x1=\"{LEFT}\" x2=\"{}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{value}</text>",
            if value == 0.0 { "zero" } else { "axis" },
            WIDTH - RIGHT,
            LEFT - 8.0,
            y + 4.0,
        );
    }
    let _ = write!(
        plot,
        "<text x=\"14\" y=\"{0:.1}\" transform=\"rotate(-90 14 {0:.1})\" text-anchor=\"middle\">{1}</text>",
        panel.top + panel.height / 2.0,
        panel.unit,
    );
}

/// One curve, broken where it was not measured, named at its right end.
fn curve(
    plot: &mut String,
    panel: &Panel,
    moments: &[Value],
    (field, name, colour): (&str, &str, &str),
    x: impl Fn(f64) -> f64,
) {
    let mut path = String::new();
    let mut pen_down = false;
    for moment in moments {
        let (Some(t_ms), Some(value)) = (moment["t_ms"].as_f64(), moment[field].as_f64()) else {
            pen_down = false;
            continue;
        };
        let _ = write!(
            path,
            "{}{:.1} {:.1} ",
            if pen_down { 'L' } else { 'M' },
            x(t_ms),
            panel.y(value)
        );
        pen_down = true;
    }
    let place = match field {
        "yaw_deg" => 0.0,
        "pitch_deg" => 1.0,
        "eye_openness" => 0.0,
        "mouth_openness" => 1.0,
        _ => 2.0,
    };
    let (legend_x, legend_y) = (WIDTH - RIGHT + 14.0, panel.top + 16.0 + place * 22.0);
    let shown = if path.is_empty() {
        format!("{name}: not assessed")
    } else {
        name.to_owned()
    };
    let _ = write!(
        plot,
        "<path d=\"{path}\" stroke=\"{colour}\"/>\
         <line x1=\"{legend_x}\" x2=\"{}\" y1=\"{1:.1}\" y2=\"{1:.1}\" stroke=\"{colour}\" stroke-width=\"3\"/>\
         <text x=\"{2}\" y=\"{legend_y:.1}\">{shown}</text>",
        legend_x + 18.0,
        legend_y - 4.0,
        legend_x + 24.0,
    );
}

fn seconds(plot: &mut String, end_ms: f64, x: impl Fn(f64) -> f64) {
    let y = SCORES.top + SCORES.height + 20.0;
    for second in 0..=(end_ms / 1000.0) as u32 {
        let _ = write!(
            plot,
            "<text x=\"{:.1}\" y=\"{y}\" text-anchor=\"middle\">{second} s</text>",
            x(f64::from(second) * 1000.0),
        );
    }
}
