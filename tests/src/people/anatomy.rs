//! Which of the mesh's 468 points are what. The numbering is that of MediaPipe's face mesh
//! (its published `face_mesh_connections.py`); right and left are the person's own.

/// The face's outline, from the middle of the forehead round by the person's left.
pub const OVAL: [usize; 36] = [
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152,
    148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
];

/// An eye: points of the upper lid's edge, and of the lower lid's under each.
pub struct Eye {
    /// The upper lid's edge, corners left out.
    pub upper: [usize; 7],
    /// The lower lid's edge, point for point below.
    pub lower: [usize; 7],
    /// The fold above the upper lid, point for point above.
    pub fold: [usize; 7],
    /// The skin under the eye, point for point: first row, second row.
    pub under: [[usize; 7]; 2],
}

impl Eye {
    /// Whether a point is on the upper lid: its edge or its fold.
    pub fn on_lid(&self, index: usize) -> bool {
        self.upper.contains(&index) || self.fold.contains(&index)
    }

    /// The point under the eye whose skin stands in for a point of the lid; the point itself elsewhere.
    pub fn skin_of(&self, index: usize) -> usize {
        let place = |row: &[usize; 7]| row.iter().position(|point| *point == index);
        match (place(&self.upper), place(&self.fold)) {
            (Some(column), _) => self.under[1][column],
            (_, Some(column)) => self.under[0][column],
            _ => index,
        }
    }
}

/// Both eyes.
pub const EYES: [Eye; 2] = [
    Eye {
        upper: [246, 161, 160, 159, 158, 157, 173],
        lower: [7, 163, 144, 145, 153, 154, 155],
        fold: [247, 30, 29, 27, 28, 56, 190],
        under: [
            [25, 110, 24, 23, 22, 26, 112],
            [31, 228, 229, 230, 231, 232, 233],
        ],
    },
    Eye {
        upper: [466, 388, 387, 386, 385, 384, 398],
        lower: [249, 390, 373, 374, 380, 381, 382],
        fold: [467, 260, 259, 257, 258, 286, 414],
        under: [
            [255, 339, 254, 253, 252, 256, 341],
            [261, 448, 449, 450, 451, 452, 453],
        ],
    },
];

/// The inner edge of the upper lip, corner to corner.
pub const UPPER_INNER_LIP: [usize; 11] = [78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308];
/// The inner edge of the lower lip, corners left out.
pub const LOWER_INNER_LIP: [usize; 9] = [95, 88, 178, 87, 14, 317, 402, 318, 324];
/// The outer edge of the lower lip and the rows of the lip between, corners left out.
pub const LOWER_LIP: [usize; 27] = [
    146, 91, 181, 84, 17, 314, 405, 321, 375, 77, 90, 180, 85, 16, 315, 404, 320, 307, 96, 89, 179,
    86, 15, 316, 403, 319, 325,
];
/// The mouth's outer corners: right, left.
pub const MOUTH_CORNERS: [usize; 2] = [61, 291];
/// The tip of the chin.
pub const CHIN: usize = 152;
/// The cheeks at the ears: right, left.
pub const EARS: [usize; 2] = [234, 454];
