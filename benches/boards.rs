//! What the performance claims rest on; see each group.
fn main() {}
