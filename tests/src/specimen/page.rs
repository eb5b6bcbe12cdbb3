//! A specimen's fields on paper.

use kiosk_inference::document::mrz::Sex;
use kiosk_inference::picture::Picture;
use time::Date;

use super::canvas::{Canvas, Ink, Print, Zone, width_mm};
use super::fonts::Fonts;
use super::layout::{Layout, MRZ_HEIGHT, OCR_B_CAPITAL, PITCH};
use super::security::{self, Palette};
use super::{Kind, Specimen, UTOPIA};

const BLACK: Ink = [25, 22, 22];
const LABEL: Ink = [110, 70, 50];
const WHITE: Ink = [255, 255, 255];
const PAPER: Ink = [246, 248, 248];
const SPECIMEN_RED: Ink = [60, 50, 200];
/// A label's capitals over its value's.
const LABEL_SHARE: f32 = 0.5;
/// Free space at the sides, in millimetres.
const MARGIN: f32 = 4.0;
/// Free space between two columns, in millimetres.
const GAP: f32 = 1.5;
/// Where a row's columns begin, over the width of the text.
const COLUMNS: [f32; 3] = [0.0, 0.38, 0.62];

/// One side of a document.
pub struct Page {
    /// Its pixels.
    pub picture: Picture,
    /// Width and height in millimetres.
    pub size_mm: [f32; 2],
    /// Radius of its corners in millimetres.
    pub corner_mm: f32,
    /// Where the portrait is, in pixels: x, y, width, height; none on a back.
    pub portrait: Option<[f32; 4]>,
    /// The MRZ's lines on this side; none on a TD1's front.
    pub mrz: Vec<String>,
}

/// A document's sides.
pub struct Pages {
    /// The side with the portrait.
    pub front: Page,
    /// The side with the MRZ, where that is another.
    pub back: Option<Page>,
}

impl Pages {
    /// The side that bears the MRZ.
    pub fn mrz_side(&self) -> &Page {
        self.back.as_ref().unwrap_or(&self.front)
    }
}

impl Specimen {
    /// Prints the document at `dots` pixels a millimetre (11.8 is 300 dpi). The portrait is a picture of
    /// head and shoulders, about 35 x 45: see [`super::head_and_shoulders`].
    pub fn render(&self, portrait: &Picture, fonts: &Fonts, dots: f32) -> anyhow::Result<Pages> {
        self.render_with_zone(self.mrz()?, portrait, fonts, dots)
    }

    /// The same with an MRZ of its own: a document whose visual zone was altered, or its MRZ.
    pub fn render_with_zone(
        &self,
        lines: Vec<String>,
        portrait: &Picture,
        fonts: &Fonts,
        dots: f32,
    ) -> anyhow::Result<Pages> {
        let layout = Layout::of(self.kind);
        let two_sided = Layout::two_sided(self.kind);
        let mut front = Sheet::new(self, layout, fonts, dots)?;
        front.visual_zone(portrait, two_sided)?;
        if !two_sided {
            front.machine_readable_zone(&lines)?;
            return Ok(Pages {
                front: front.finish(Some(layout.portrait), lines)?,
                back: None,
            });
        }
        let mut back = Sheet::new(self, layout, fonts, dots)?;
        back.back()?;
        back.machine_readable_zone(&lines)?;
        Ok(Pages {
            front: front.finish(Some(layout.portrait), Vec::new())?,
            back: Some(back.finish(None, lines)?),
        })
    }
}

struct Sheet<'a> {
    specimen: &'a Specimen,
    layout: Layout,
    fonts: &'a Fonts,
    canvas: Canvas,
}

impl<'a> Sheet<'a> {
    fn new(
        specimen: &'a Specimen,
        layout: Layout,
        fonts: &'a Fonts,
        dots: f32,
    ) -> anyhow::Result<Self> {
        let canvas = Canvas::new(layout.width, layout.height, dots, PAPER)?;
        Ok(Self {
            specimen,
            layout,
            fonts,
            canvas,
        })
    }

    fn visual_zone(&mut self, portrait: &Picture, whole_page: bool) -> anyhow::Result<()> {
        let bottom = if whole_page {
            self.layout.height
        } else {
            self.layout.mrz_top()
        };
        let palette = palette(self.specimen.kind);
        let zone = Zone {
            x: 0.0,
            y: 0.0,
            width: self.layout.width,
            height: bottom,
        };
        security::print(&mut self.canvas, zone, palette)?;
        self.header(palette)?;
        let frame = self.layout.portrait;
        self.ghost(portrait)?;
        self.canvas.picture(frame, portrait)?;
        self.canvas.frame(frame, LABEL, 1)?;
        self.fields()?;
        let cap = self.layout.width * 0.062;
        let middle = [
            (self.layout.text_left + self.layout.width) / 2.0,
            (self.layout.header + bottom) / 2.0,
        ];
        let print = Print {
            face: &self.fonts.bold,
            cap_mm: cap,
            ink: SPECIMEN_RED,
        };
        self.canvas.overprint(middle, 18.0, print, 0.22, "SPECIMEN")
    }

    /// A pale second portrait at the lower right, beside the last two rows of text.
    fn ghost(&mut self, portrait: &Picture) -> anyhow::Result<()> {
        let height = self.layout.row * 1.8;
        let width = height * self.layout.portrait.width / self.layout.portrait.height;
        let zone = Zone {
            x: self.layout.width - width - MARGIN,
            y: self.row_top(4),
            width,
            height,
        };
        self.canvas.ghost(zone, portrait, 0.32)
    }

    /// Upper edge of a row of the visual zone.
    fn row_top(&self, row: usize) -> f32 {
        self.layout.header + self.layout.row * (0.35 + row as f32)
    }

    fn header(&mut self, palette: Palette) -> anyhow::Result<()> {
        let Layout { width, header, .. } = self.layout;
        self.canvas.fill(
            Zone {
                x: 0.0,
                y: 0.0,
                width,
                height: header,
            },
            palette.header,
        )?;
        let state = Print {
            face: &self.fonts.bold,
            cap_mm: header * 0.36,
            ink: WHITE,
        };
        let title = Print {
            face: &self.fonts.sans,
            cap_mm: header * 0.22,
            ink: WHITE,
        };
        let baseline = header * 0.66;
        self.canvas.text([MARGIN, baseline], state, "UTOPIA")?;
        let text = format!("{}  ·  SPECIMEN", self.specimen.kind.title());
        let title = title.fitted(&text, width * 0.62);
        let left = width - MARGIN - width_mm(title, &text);
        self.canvas.text([left, baseline], title, &text)?;
        Ok(())
    }

    fn fields(&mut self) -> anyhow::Result<()> {
        let left = self.layout.text_left;
        let width = self.layout.width - MARGIN - left;
        let holder = &self.specimen.holder;
        let expiry = if matches!(self.specimen.kind, Kind::Visa | Kind::SmallVisa) {
            "Valid until / Valable jusqu’au"
        } else {
            "Date of expiry / Expire le"
        };
        let sex = match holder.sex {
            Sex::Female => "F",
            Sex::Male => "M",
            Sex::Unspecified => "X",
        };
        let nationality = match self.specimen.nationality.as_str() {
            UTOPIA => "UTOPIAN",
            other => other,
        };
        let rows: [&[(&str, String)]; 6] = [
            &[
                ("Type", self.specimen.code.clone()),
                ("State / État", UTOPIA.into()),
                ("Number / N°", self.specimen.number.clone()),
            ],
            &[("Surname / Nom", holder.surname.clone())],
            &[("Given names / Prénoms", holder.given_names.clone())],
            &[
                ("Nationality", nationality.into()),
                ("Sex / Sexe", sex.into()),
                ("Birth / Naissance", printed(holder.birth)),
            ],
            &[
                ("Place of birth / Lieu", holder.birthplace.clone()),
                ("Personal No.", self.specimen.optional.clone()),
            ],
            &[
                ("Issued / Délivré le", printed(self.specimen.issued)),
                (expiry, printed(self.specimen.expires)),
            ],
        ];
        for (row, cells) in rows.iter().enumerate() {
            for (place, (label, value)) in cells.iter().enumerate() {
                if !value.is_empty() {
                    let x = left + width * COLUMNS[place];
                    let next = if place + 1 < cells.len() {
                        COLUMNS[place + 1]
                    } else {
                        1.0
                    };
                    let room = left + width * next - GAP - x;
                    self.field([x, self.row_top(row)], room, label, value)?;
                }
            }
        }
        Ok(())
    }

    fn field(&mut self, at: [f32; 2], room: f32, label: &str, value: &str) -> anyhow::Result<()> {
        let cap = self.layout.value;
        let small = Print {
            face: &self.fonts.sans,
            cap_mm: cap * LABEL_SHARE,
            ink: LABEL,
        };
        let large = Print {
            face: &self.fonts.bold,
            cap_mm: cap,
            ink: BLACK,
        };
        let large = large.fitted(value, room);
        self.canvas
            .text([at[0], at[1] + cap * LABEL_SHARE], small, label)?;
        let baseline = at[1] + cap * (LABEL_SHARE + 1.45);
        self.canvas.text([at[0], baseline], large, value)?;
        Ok(())
    }

    fn back(&mut self) -> anyhow::Result<()> {
        let palette = palette(self.specimen.kind);
        let zone = Zone {
            x: 0.0,
            y: 0.0,
            width: self.layout.width,
            height: self.layout.mrz_top(),
        };
        security::print(&mut self.canvas, zone, palette)?;
        let fields = [
            (
                "Authority / Autorité",
                "MINISTRY OF THE INTERIOR, UTOPIA".to_owned(),
            ),
            ("Issued / Délivré le", printed(self.specimen.issued)),
            (
                "Place of birth / Lieu de naissance",
                self.specimen.holder.birthplace.clone(),
            ),
        ];
        let room = self.layout.width - MARGIN * 2.0;
        for (row, (label, value)) in fields.iter().enumerate() {
            let y = MARGIN + self.layout.row * row as f32;
            self.field([MARGIN, y], room, label, value)?;
        }
        let print = Print {
            face: &self.fonts.bold,
            cap_mm: 4.5,
            ink: SPECIMEN_RED,
        };
        let middle = [self.layout.width * 0.7, self.layout.mrz_top() * 0.62];
        self.canvas.overprint(middle, 12.0, print, 0.25, "SPECIMEN")
    }

    fn machine_readable_zone(&mut self, lines: &[String]) -> anyhow::Result<()> {
        let zone = Zone {
            x: 0.0,
            y: self.layout.mrz_top(),
            width: self.layout.width,
            height: MRZ_HEIGHT,
        };
        self.canvas.fill(zone, PAPER)?;
        let print = Print {
            face: &self.fonts.ocr_b,
            cap_mm: OCR_B_CAPITAL,
            ink: BLACK,
        };
        for (line, baseline) in lines.iter().zip(self.layout.baselines(lines.len())) {
            self.canvas
                .cells([self.layout.mrz_left, baseline], PITCH, print, line)?;
        }
        Ok(())
    }

    fn finish(self, portrait: Option<Zone>, mrz: Vec<String>) -> anyhow::Result<Page> {
        let dots = self.canvas.dots();
        let px = |zone: Zone| [zone.x, zone.y, zone.width, zone.height].map(|mm| mm * dots);
        Ok(Page {
            picture: self.canvas.finish()?,
            size_mm: [self.layout.width, self.layout.height],
            corner_mm: self.layout.corner,
            portrait: portrait.map(px),
            mrz,
        })
    }
}

/// A date as the visual zone prints it: 12 AUG 1974.
fn printed(date: Date) -> String {
    let month = date.month().to_string().to_uppercase();
    format!(
        "{:02} {} {}",
        date.day(),
        month.get(..3).unwrap_or(&month),
        date.year()
    )
}

const fn palette(kind: Kind) -> Palette {
    match kind {
        Kind::Passport => Palette {
            upper: [246, 236, 226],
            lower: [236, 240, 250],
            lines: [[222, 206, 190], [206, 212, 236]],
            header: [92, 46, 32],
        },
        Kind::IdentityCard | Kind::LargeIdentityCard => Palette {
            upper: [232, 246, 234],
            lower: [246, 240, 228],
            lines: [[196, 222, 200], [226, 208, 190]],
            header: [70, 92, 30],
        },
        Kind::FrenchCard => Palette {
            upper: [250, 238, 222],
            lower: [250, 246, 236],
            lines: [[232, 208, 180], [226, 216, 206]],
            header: [120, 70, 40],
        },
        Kind::Visa | Kind::SmallVisa => Palette {
            upper: [236, 228, 246],
            lower: [226, 244, 248],
            lines: [[214, 196, 230], [190, 222, 230]],
            header: [96, 40, 84],
        },
    }
}
