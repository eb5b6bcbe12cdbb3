//! A background that looks like security print: tints that run into each other, guilloche waves and a
//! rosette, all pale enough to read print on.

use std::f32::consts::TAU;

use super::canvas::{Canvas, Ink, Zone};

/// Two tints and the colour of the lines.
#[derive(Debug, Clone, Copy)]
pub(super) struct Palette {
    pub(super) upper: Ink,
    pub(super) lower: Ink,
    pub(super) lines: [Ink; 2],
    pub(super) header: Ink,
}

/// Lays the background over `zone`.
pub(super) fn print(canvas: &mut Canvas, zone: Zone, palette: Palette) -> anyhow::Result<()> {
    let Palette { upper, lower, .. } = palette;
    canvas.shade(|x, y, paper| {
        let inside = (zone.x..=zone.x + zone.width).contains(&x)
            && (zone.y..=zone.y + zone.height).contains(&y);
        if !inside {
            return paper;
        }
        let share = ((x - zone.x) / zone.width + (y - zone.y) / zone.height) / 2.0;
        let mix =
            |a: u8, b: u8| (f32::from(a) * (1.0 - share) + f32::from(b) * share).round() as u8;
        [
            mix(upper[0], lower[0]),
            mix(upper[1], lower[1]),
            mix(upper[2], lower[2]),
        ]
    })?;
    waves(canvas, zone, palette)?;
    let middle = [zone.x + zone.width * 0.74, zone.y + zone.height * 0.5];
    rosette(canvas, middle, zone.height * 0.42, palette.lines[1])
}

/// Bands of waves whose height itself swings: neighbouring lines cross as guilloche does.
fn waves(canvas: &mut Canvas, zone: Zone, palette: Palette) -> anyhow::Result<()> {
    const STEP_MM: f32 = 1.6;
    const ALONG_MM: f32 = 0.4;
    let count = (zone.height / STEP_MM) as usize;
    let points = (zone.width / ALONG_MM) as usize + 1;
    for line in 0..count {
        let middle = zone.y + STEP_MM * (line as f32 + 0.5);
        let phase = line as f32 * 0.37;
        let curve: Vec<[f32; 2]> = (0..points)
            .map(|place| {
                let x = place as f32 * ALONG_MM;
                let swing = 0.9 + 0.5 * (TAU * x / 43.0 + phase * 0.5).sin();
                let y = middle + swing * (TAU * x / 9.0 + phase).sin();
                [zone.x + x, y.clamp(zone.y, zone.y + zone.height)]
            })
            .collect();
        canvas.line(&curve, palette.lines[line % 2], false)?;
    }
    Ok(())
}

/// A closed curve round a middle (an epitrochoid), drawn thrice with shifted phase.
fn rosette(canvas: &mut Canvas, middle: [f32; 2], radius: f32, ink: Ink) -> anyhow::Result<()> {
    const POINTS: usize = 720;
    for ring in 0..3 {
        let phase = ring as f32 * TAU / 36.0;
        let curve: Vec<[f32; 2]> = (0..POINTS)
            .map(|place| {
                let angle = TAU * place as f32 / POINTS as f32;
                let reach = radius * (0.72 + 0.28 * (12.0 * (angle + phase)).cos());
                [
                    middle[0] + reach * angle.cos(),
                    middle[1] + reach * angle.sin(),
                ]
            })
            .collect();
        canvas.line(&curve, ink, true)?;
    }
    Ok(())
}
