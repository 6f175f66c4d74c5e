//! Where each unit lies on the map, in the map's own units: by its boundary where the
//! campaign gives one, else a schematic cell around its centre point, else a tile.
//!
//! Pure and exact to a tenth, so that equal units make equal bytes. Start reading at
//! [`lay_out`].

use crate::domain::unit::Point;
use std::fmt::Write as _;

/// A position, in degrees brought to scale or on the map.
pub(super) type Spot = (f64, f64);

/// The parts of a unit's boundary: of each polygon its outer ring, then its holes.
pub(super) type Rings = Vec<Vec<Spot>>;

/// The width of every map.
pub(super) const WIDTH: f64 = 720.0;
const MAX_HEIGHT: f64 = 640.0;
const PAD: f64 = 6.0;
/// The size of a tile under a map.
const LOOSE_TILE: f64 = 56.0;

/// A unit to be placed.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    /// Its centre.
    pub(super) point: Option<Point>,
    /// Its boundary, longitude before latitude.
    pub(super) rings: Rings,
}

/// Where a unit is drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Cell {
    /// Its outline.
    pub(super) path: String,
    /// Where its words stand.
    pub(super) at: Spot,
    /// How far its edge is from there.
    pub(super) room: f64,
}

/// What the outlines rest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Drawn {
    /// On the campaign's boundaries.
    Boundaries,
    /// On the units' centres alone: the lines between them are ours.
    Schematic,
    /// On nothing: nobody said where the units lie.
    Tiles,
}

/// A map.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    /// Its height; its width is [`WIDTH`].
    pub(super) height: f64,
    /// One cell a unit, in the order of the units.
    pub(super) cells: Vec<Cell>,
    /// What they rest on.
    pub(super) drawn: Drawn,
    /// How many units stand as tiles below the map, since nobody said where they lie.
    pub(super) loose: usize,
}

/// Places every unit.
pub(super) fn lay_out(places: &[Place]) -> Layout {
    let has_rings = places.iter().any(|place| !place.rings.is_empty());
    let has_points = places.iter().any(|place| place.point.is_some());
    let drawn = match (has_rings, has_points) {
        (true, _) => Drawn::Boundaries,
        (false, true) => Drawn::Schematic,
        (false, false) => return tiled(places.len()),
    };
    let scale = scale_of(places);
    let shapes: Vec<Rings> = match drawn {
        Drawn::Boundaries => places.iter().map(|place| scaled(&place.rings, scale)).collect(),
        _ => schematic(places, scale),
    };
    let frame = Frame::around(shapes.iter().flatten().flatten().copied());
    let mut cells: Vec<Cell> = shapes.iter().map(|rings| frame.cell(rings)).collect();
    let loose: Vec<usize> = (0..places.len()).filter(|at| shapes.get(*at).is_none_or(Vec::is_empty)).collect();
    let per_row = (WIDTH / LOOSE_TILE) as usize;
    for (nth, at) in loose.iter().enumerate() {
        let corner = ((nth % per_row) as f64 * LOOSE_TILE, frame.height + PAD + (nth / per_row) as f64 * LOOSE_TILE);
        if let Some(cell) = cells.get_mut(*at) {
            *cell = tile(corner, LOOSE_TILE);
        }
    }
    let rows = loose.len().div_ceil(per_row);
    let below = if rows == 0 { 0.0 } else { rows as f64 * LOOSE_TILE + PAD };
    Layout { height: frame.height + below, cells, drawn, loose: loose.len() }
}

/// Tiles in the order of the units.
fn tiled(count: usize) -> Layout {
    let columns = (1..=count.max(1)).find(|c| c * c >= count * 2).unwrap_or(1).max(4);
    let size = WIDTH / columns as f64;
    let corner = |at: usize| ((at % columns) as f64 * size, (at / columns) as f64 * size);
    let cells = (0..count).map(|at| tile(corner(at), size)).collect();
    Layout { height: count.div_ceil(columns) as f64 * size, cells, drawn: Drawn::Tiles, loose: 0 }
}

fn tile((x, y): Spot, size: f64) -> Cell {
    let side = size - 2.0;
    let path = format!("M{:.1} {:.1}h{side:.1}v{side:.1}h-{side:.1}Z", x + 1.0, y + 1.0);
    Cell { path, at: (x + size / 2.0, y + size / 2.0), room: side / 2.0 }
}

/// What a degree of longitude is worth in degrees of latitude, there.
fn scale_of(places: &[Place]) -> f64 {
    let ringed = places.iter().flat_map(|place| place.rings.iter().flatten()).map(|(_, lat)| *lat);
    let pointed = places.iter().filter_map(|place| place.point).map(|point| point.lat);
    let (sum, count) = ringed.chain(pointed).fold((0.0, 0.0), |(sum, count), lat| (sum + lat, count + 1.0));
    let middle: f64 = if count > 0.0 { sum / count } else { 0.0 };
    middle.to_radians().cos().max(0.01)
}

fn scaled(rings: &Rings, scale: f64) -> Rings {
    rings.iter().map(|ring| ring.iter().map(|(lng, lat)| (lng * scale, -lat)).collect()).collect()
}

/// The scale and shift that bring a land onto the map.
struct Frame {
    from: Spot,
    scale: f64,
    height: f64,
    left: f64,
}

impl Frame {
    fn around(spots: impl Iterator<Item = Spot>) -> Self {
        let start = (f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY);
        let bounds = spots.fold(start, |(x0, y0, x1, y1), (x, y)| (x0.min(x), y0.min(y), x1.max(x), y1.max(y)));
        let (x0, y0, x1, y1) = if bounds.0.is_finite() { bounds } else { (0.0, 0.0, 1.0, 1.0) };
        let (wide, high) = ((x1 - x0).max(1e-9), (y1 - y0).max(1e-9));
        let scale = ((WIDTH - 2.0 * PAD) / wide).min((MAX_HEIGHT - 2.0 * PAD) / high);
        let left = (WIDTH - wide * scale) / 2.0;
        Self { from: (x0, y0), scale, height: high * scale + 2.0 * PAD, left }
    }

    fn onto_map(&self, (x, y): Spot) -> Spot {
        (self.left + (x - self.from.0) * self.scale, PAD + (y - self.from.1) * self.scale)
    }

    fn cell(&self, rings: &Rings) -> Cell {
        let drawn: Rings = rings.iter().map(|ring| thinned(ring.iter().map(|spot| self.onto_map(*spot)))).collect();
        let (at, room) = label_spot(&drawn);
        let mut path = String::new();
        for ring in drawn.iter().filter(|ring| ring.len() > 2) {
            for (nth, (x, y)) in ring.iter().enumerate() {
                // writing into a String does not fail
                let _ = write!(path, "{}{x:.1} {y:.1}", if nth == 0 { 'M' } else { 'L' });
            }
            path.push('Z');
        }
        Cell { path, at, room }
    }
}

/// A ring without the spots that nobody would see apart.
fn thinned(spots: impl Iterator<Item = Spot>) -> Vec<Spot> {
    let mut kept: Vec<Spot> = Vec::new();
    for spot in spots {
        if kept.last().is_none_or(|last| distance(*last, spot) >= 0.4) {
            kept.push(spot);
        }
    }
    kept
}

fn distance(a: Spot, b: Spot) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

/// The spot of a shape that is farthest from its edges, of a lattice over its largest part.
fn label_spot(rings: &Rings) -> (Spot, f64) {
    const LATTICE: usize = 14;
    let Some(largest) = rings.iter().max_by(|a, b| area(a).abs().total_cmp(&area(b).abs())) else {
        return ((0.0, 0.0), 0.0);
    };
    let start = (f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY);
    let fold = |(x0, y0, x1, y1): (f64, f64, f64, f64), (x, y): &Spot| (x0.min(*x), y0.min(*y), x1.max(*x), y1.max(*y));
    let (x0, y0, x1, y1) = largest.iter().fold(start, fold);
    if !x0.is_finite() {
        return ((0.0, 0.0), 0.0);
    }
    let part = |from: f64, to: f64, nth: usize| from + (to - from) * (nth as f64 + 0.5) / LATTICE as f64;
    let spots = (0..LATTICE * LATTICE).map(|n| (part(x0, x1, n % LATTICE), part(y0, y1, n / LATTICE)));
    let mut best = (((x0 + x1) / 2.0, (y0 + y1) / 2.0), 0.0);
    for spot in spots.filter(|spot| is_inside(rings, *spot)) {
        let room = edges(rings).map(|(a, b)| distance_to_edge(spot, a, b)).fold(f64::INFINITY, f64::min);
        if room > best.1 {
            best = (spot, room);
        }
    }
    best
}

fn edges(rings: &Rings) -> impl Iterator<Item = (Spot, Spot)> + '_ {
    rings.iter().flat_map(|ring| ring.iter().copied().zip(ring.iter().copied().cycle().skip(1)))
}

fn area(ring: &[Spot]) -> f64 {
    let twice = ring.iter().zip(ring.iter().cycle().skip(1)).map(|(a, b)| a.0 * b.1 - b.0 * a.1);
    twice.sum::<f64>() / 2.0
}

fn is_inside(rings: &Rings, (x, y): Spot) -> bool {
    let crosses = |(a, b): &(Spot, Spot)| (a.1 > y) != (b.1 > y) && x < (b.0 - a.0) * (y - a.1) / (b.1 - a.1) + a.0;
    edges(rings).filter(crosses).count() % 2 == 1
}

fn distance_to_edge(p: Spot, a: Spot, b: Spot) -> f64 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let long = dx * dx + dy * dy;
    let t = if long > 0.0 { (((p.0 - a.0) * dx + (p.1 - a.1) * dy) / long).clamp(0.0, 1.0) } else { 0.0 };
    distance(p, (a.0 + t * dx, a.1 + t * dy))
}

/// Each unit's cell is what lies nearest to its centre, inside an outline drawn around all.
fn schematic(places: &[Place], scale: f64) -> Vec<Rings> {
    let given: Vec<(usize, Spot)> = places
        .iter()
        .enumerate()
        .filter_map(|(at, place)| place.point.map(|p| (at, (p.lng * scale, -p.lat))))
        .collect();
    let sites = apart(&given);
    let margin = usual_gap(&sites) * 0.7;
    let outline = outline(&sites, margin);
    let mut shapes = vec![Rings::new(); places.len()];
    for (nth, (at, _)) in given.iter().enumerate() {
        if let Some(shape) = shapes.get_mut(*at) {
            *shape = vec![nearest_cell(&sites, nth, &outline)];
        }
    }
    shapes
}

/// The centres, those on one spot moved apart a little: each unit has a cell of its own.
fn apart(given: &[(usize, Spot)]) -> Vec<Spot> {
    let frame = Frame::around(given.iter().map(|(_, spot)| *spot));
    let step = 4.0 / frame.scale;
    let mut taken: std::collections::HashMap<(u64, u64), u32> = std::collections::HashMap::new();
    let move_on = |(_, (x, y)): &(usize, Spot)| {
        let before = taken.entry((x.to_bits(), y.to_bits())).or_default();
        let (turn, out) = (f64::from(*before) * 2.4, f64::from(*before).sqrt() * step);
        *before += 1;
        (x + out * turn.cos(), y + out * turn.sin())
    };
    given.iter().map(move_on).collect()
}

/// The median distance from a centre to the nearest other.
fn usual_gap(sites: &[Spot]) -> f64 {
    let nearest = |(at, site): (usize, &Spot)| {
        let others = sites.iter().enumerate().filter(|(other, _)| *other != at);
        others.map(|(_, other)| distance(*site, *other)).fold(f64::INFINITY, f64::min)
    };
    let mut gaps: Vec<f64> = sites.iter().enumerate().map(nearest).filter(|gap| gap.is_finite()).collect();
    gaps.sort_by(f64::total_cmp);
    gaps.get(gaps.len() / 2).copied().filter(|gap| *gap > 0.0).unwrap_or(0.01)
}

/// The hull of discs around all centres.
fn outline(sites: &[Spot], margin: f64) -> Vec<Spot> {
    const SIDES: u32 = 16;
    let disc = |(x, y): &Spot| {
        let (x, y) = (*x, *y);
        (0..SIDES).map(move |side| {
            let turn = f64::from(side) * std::f64::consts::TAU / f64::from(SIDES);
            (x + margin * turn.cos(), y + margin * turn.sin())
        })
    };
    hull(sites.iter().flat_map(disc).collect())
}

/// The convex hull (Andrew's monotone chain).
fn hull(mut spots: Vec<Spot>) -> Vec<Spot> {
    spots.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let turns_left = |a: Spot, b: Spot, c: Spot| (b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0) > 0.0;
    let chain = |spots: &mut dyn Iterator<Item = Spot>| {
        let mut chain: Vec<Spot> = Vec::new();
        for spot in spots {
            while let [.., a, b] = chain.as_slice() {
                if turns_left(*a, *b, spot) {
                    break;
                }
                chain.pop();
            }
            chain.push(spot);
        }
        chain.pop();
        chain
    };
    let mut lower = chain(&mut spots.iter().copied());
    lower.extend(chain(&mut spots.iter().rev().copied()));
    lower
}

/// What of the outline lies nearest to one centre.
fn nearest_cell(sites: &[Spot], at: usize, outline: &[Spot]) -> Vec<Spot> {
    let Some(site) = sites.get(at).copied() else { return Vec::new() };
    let mut others: Vec<(f64, usize)> = sites
        .iter()
        .enumerate()
        .filter(|(other, _)| *other != at)
        .map(|(other, spot)| (distance(site, *spot), other))
        .collect();
    others.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut cell = outline.to_vec();
    for (gap, other) in others {
        let reach = cell.iter().map(|spot| distance(site, *spot)).fold(0.0, f64::max);
        // a line farther off than every corner cuts nothing, and those after it neither
        if gap / 2.0 > reach {
            break;
        }
        if let Some(other) = sites.get(other) {
            cell = nearer_side(&cell, site, *other);
        }
    }
    cell
}

/// The part of a convex shape that is nearer to one spot than to another.
fn nearer_side(shape: &[Spot], own: Spot, other: Spot) -> Vec<Spot> {
    let middle = ((own.0 + other.0) / 2.0, (own.1 + other.1) / 2.0);
    let (dx, dy) = (other.0 - own.0, other.1 - own.1);
    let beyond = |(x, y): Spot| (x - middle.0) * dx + (y - middle.1) * dy;
    let mut kept = Vec::with_capacity(shape.len() + 1);
    for (a, b) in shape.iter().copied().zip(shape.iter().copied().cycle().skip(1)) {
        let (of_a, of_b) = (beyond(a), beyond(b));
        if of_a <= 0.0 {
            kept.push(a);
        }
        if (of_a < 0.0 && of_b > 0.0) || (of_a > 0.0 && of_b < 0.0) {
            let t = of_a / (of_a - of_b);
            kept.push((a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1)));
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(lat: f64, lng: f64) -> Place {
        Place { point: Some(Point { lat, lng }), rings: Vec::new() }
    }

    #[test]
    fn who_has_no_place_has_a_tile_of_its_own() {
        let layout = lay_out(&vec![Place::default(); 63]);
        assert_eq!((layout.drawn, layout.cells.len()), (Drawn::Tiles, 63));
        let mut paths: Vec<&String> = layout.cells.iter().map(|cell| &cell.path).collect();
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), 63);
        let mixed = lay_out(&[at(10.0, 106.0), at(10.1, 106.1), Place::default()]);
        assert_eq!((mixed.drawn, mixed.loose), (Drawn::Schematic, 1));
        assert!(mixed.cells.iter().all(|cell| cell.room > 5.0), "{mixed:?}");
    }

    #[test]
    fn units_on_one_spot_have_cells_of_their_own() {
        let layout = lay_out(&[at(10.0, 106.0), at(10.0, 106.0), at(10.2, 106.2)]);
        assert!(layout.cells.iter().all(|cell| cell.room > 0.5 && !cell.path.is_empty()), "{layout:?}");
        assert!(lay_out(&[at(10.0, 106.0)]).cells[0].room > 50.0, "and one alone has all of it");
    }

    #[test]
    fn a_boundary_goes_before_a_centre_and_a_hole_stays_open() {
        let square = |from: f64, to: f64| vec![(from, from), (to, from), (to, to), (from, to)];
        let ringed =
            Place { point: Some(Point { lat: 5.0, lng: 5.0 }), rings: vec![square(0.0, 10.0), square(1.0, 9.0)] };
        let layout = lay_out(&[ringed]);
        assert_eq!(layout.drawn, Drawn::Boundaries);
        let cell = &layout.cells[0];
        assert_eq!(cell.path.matches('M').count(), 2);
        assert!(cell.room > 1.0 && cell.room < 60.0, "the words stand on the land, not in the hole: {cell:?}");
    }

    proptest! {
        #[test]
        fn the_cells_share_out_the_outline(spots in prop::collection::vec((10.0f64..11.0, 106.0f64..107.0), 2..40)) {
            let sites: Vec<Spot> = spots.iter().map(|(lat, lng)| (*lng, -*lat)).collect();
            let outline = outline(&sites, 0.1);
            let whole = area(&outline).abs();
            let parts: f64 = (0..sites.len()).map(|at| area(&nearest_cell(&sites, at, &outline)).abs()).sum();
            prop_assert!((whole - parts).abs() < whole * 1e-6, "{whole} {parts}");
        }
    }
}
