//! A whole contest: two weeks and a day of a district's campaign, day after day, through the HTTP API alone and by the
//! roles concerned: figures on time, late, corrected, missing, doubled, in conflict. After
//! each day everything that a person could compute by hand is compared with what was
//! computed by hand, from domain.md and not from the program.
//!
//! Quận Sen has five wards. Cases of the baseline (21 June to 4 July) and of the window as
//! they stand in the end; `(…)` late, `[…]` corrected, `x` excused:
//!
//! | | baseline | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15 | 16 | 17 | 18 |
//! |---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
//! | w1 | 28 | 2 | 1 | \[3\] | 1 | 1 | 0 | 1 | 1 | 1 | 0 | 0 | 1 | 0 | 0 |
//! | w2 | 14 | 1 | 1 | 0 | 0 | \[2\] | 0 | 0 | 0 | \[1\] | 0 | 0 | 0 | 0 | 0 |
//! | w3 | 42 | 3 | 2 | 2 | 1 | 1 | (2) | (2) | 3 | 1 | 0 | 1 | 0 | 0 | 0 |
//! | w4 | 28 | 2 | (2) | 2 | 2 | 1 | 1 | x | 1 | 2 | 1 | 25 | 3 | 2 | 1 |
//! | w5 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 6 | 0 |
//!
//! On Monday the 19th: 0, 0, 1, 0, 0; in the end w1 has no case on the 13th, and w3 none
//! on the 19th.
//!
//! Points: 80 × (e − c)/(max(e, c) + 5), with e the baseline's pace over the closing days and
//! c their cases, and 20 × the share of due days on time. Start reading at [`played`].

mod first_week;
mod notebook;
mod people;
mod second_week;
mod the_result;

use crate::support::on_both;
use people::District;

on_both! {
    fn two_weeks_of_a_campaign_are_what_people_would_write_down_by_hand(database: TestDatabase) {
        let sen = District::found(database);
        first_week::played(&sen);
        second_week::played(&sen);
        second_week::is_over(&sen);
        the_result::played(&sen);
    }
}
