//! `kill -9` in the middle of writes and imports, and SIGTERM: what was acknowledged is there.

use super::clients::{Patience, acknowledged, slots, write_meanwhile};
use super::process::{Moments, Place, Served, World, rounds};
use crate::support::database::TestDatabase;
use crate::support::on_both;
use greenzone::pack;
use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};

on_both! {
    fn a_service_that_is_killed_forgets_nothing_that_it_acknowledged(place: Place) {
        let world = &place.world;
        let (mut slots, mut moments, mut wrote) = (slots(6), Moments::new(), 0u32);
        for _ in 0..rounds(8) {
            let served = Served::start(world);
            let base = served.base.clone();
            for slot in &mut slots {
                slot.check(world, &base, 1);
            }
            let before = acknowledged(&slots);
            write_meanwhile(&base, &world.token, &mut slots, Patience::GiveUp, || {
                std::thread::sleep(Duration::from_millis(60) + moments.below(Duration::from_millis(300)));
                served.kill();
            });
            wrote += u32::from(acknowledged(&slots) > before);
            world.is_sound();
        }
        // a busy machine may kill one before its first answer
        assert!(2 * wrote > rounds(8), "{wrote} rounds of {} wrote anything", rounds(8));
        let served = Served::start(world);
        for slot in &mut slots {
            slot.check(world, &served.base, 1);
        }
    }
}

/// District 6 with many more wards.
fn many_wards() -> pack::Files {
    let mut files = pack::bundled()[0].files();
    let units = files.0.get_mut("units.csv").expect("units");
    for n in 0..WARDS {
        units.extend_from_slice(format!("W{n},Phường W{n},ward,775,,\n").as_bytes());
    }
    files
}

const WARDS: usize = 1_000;
const DAYS: std::ops::RangeInclusive<u32> = 14..=23;

/// A table of figures, all of one value; and how many there are.
fn table(value: u32) -> (String, i64) {
    let mut text = "unit_code,date,community_f0\n".to_owned();
    for n in 0..WARDS {
        for day in DAYS {
            let _ = writeln!(text, "W{n},2021-07-{day},{value}");
        }
    }
    (text, WARDS as i64 * DAYS.count() as i64)
}

/// Starts an import and kills it after a while; whether it was quicker.
fn import_and_kill(world: &World, arguments: &[&str], after: Duration) -> bool {
    let mut child = world.command(&[], arguments).spawn().expect("the program starts");
    std::thread::sleep(after);
    let _ = child.kill();
    child.wait().expect("ended").success()
}

struct Imports(TestDatabase);

impl Imports {
    fn on(database: TestDatabase) -> Self {
        Self(database)
    }
}

on_both! {
    fn an_import_that_is_killed_is_all_there_or_not_at_all(place: Imports) {
        let world = World::with_pack(place.0.address.clone(), &many_wards());
        let mut moments = Moments::new();
        let file = world.folder.path().join("table.csv");
        let import = ["import", "table.csv", "--campaign", "q6-2021"];
        let write = |value: u32| -> i64 {
            let (text, rows) = table(value);
            std::fs::write(&file, text).expect("written");
            rows
        };
        let mut rows = write(0);
        assert!(world.run(&import).success());
        rows = rows.max(write(1));
        let began = Instant::now();
        assert!(world.run(&import).success());
        let (whole, rounds) = (began.elapsed(), rounds(10));
        let mut outcomes = [0, 0];
        for round in 0..rounds {
            let value = round + 2;
            write(value);
            // moments all along the way, from the start to beyond the commit
            let step = whole.mul_f64(1.1) / rounds;
            let is_done = import_and_kill(&world, &import, step * round + moments.below(step));
            let sql = format!("SELECT count(*) AS n FROM figures WHERE community_f0 = {value} AND revision > 1");
            let stored = world.numbers(&sql)[0];
            assert!(stored == 0 || stored == rows, "{stored} of {rows} rows of round {value}");
            assert!(!is_done || stored == rows, "it said that it was done");
            outcomes[usize::from(stored == rows)] += 1;
            world.is_sound();
        }
        eprintln!("imports killed: {} left nothing, {} everything; one takes {whole:?}", outcomes[0], outcomes[1]);
        assert!(outcomes[0] > 0, "no moment was in the middle");
    }
}

fn write_pack(files: &pack::Files, folder: &Path) {
    std::fs::create_dir(folder).expect("a folder");
    for (name, bytes) in &files.0 {
        std::fs::write(folder.join(name), bytes).expect("written");
    }
}

on_both! {
    fn a_pack_whose_import_is_killed_is_all_there_or_not_at_all(place: Imports) {
        let mut moments = Moments::new();
        // another campaign is there before, so that a log and accounts are, too
        let world = World::with_pack(place.0.address.clone(), &pack::bundled()[1].files());
        let mut files = many_wards();
        let (table, rows) = table(5);
        let figures = files.0.get_mut("figures.csv").expect("figures");
        figures.extend_from_slice(table.split_once('\n').expect("a header").1.as_bytes());
        let known = files.0["figures.csv"].iter().filter(|b| **b == b'\n').count() as i64 - 1;
        assert!(known > rows);
        write_pack(&files, &world.folder.path().join("pack"));
        let of_q6 = "SELECT count(*) AS n FROM figures f JOIN campaigns c ON c.id = f.campaign_id WHERE c.code = 'q6-2021'";
        // later and later, until it is there
        let step = Duration::from_millis(400) / rounds(10);
        let mut whole = None;
        for round in 0.. {
            let after = step * round + moments.below(step);
            let is_done = import_and_kill(&world, &["import", "pack"], after);
            let campaigns = world.numbers("SELECT count(*) AS n FROM campaigns WHERE code = 'q6-2021'")[0];
            let (revisions, figures) = (world.numbers("SELECT count(*) AS n FROM revisions")[0], world.numbers(of_q6)[0]);
            match campaigns {
                0 => assert_eq!((figures, revisions, is_done), (0, 1, false)),
                _ => {
                    assert_eq!((figures, revisions), (known, 2));
                    whole = Some((round, after));
                    break;
                }
            }
        }
        let (killed, after) = whole.expect("some time it is there");
        assert!(killed > 1, "it was there after {after:?}, before any kill");
        assert_eq!(world.numbers(of_q6)[0], known);
        assert!(world.run(&["audit", "verify"]).success());
        eprintln!("the pack was killed {killed} times and whole after {after:?}");
    }
}

on_both! {
    fn a_service_that_is_asked_to_end_answers_what_it_has_taken(place: Place) {
        let world = &place.world;
        let (mut slots, mut moments) = (slots(16), Moments::new());
        for _ in 0..rounds(3) {
            let mut served = Served::start(world);
            let base = served.base.clone();
            for slot in &mut slots {
                // nothing was stored that was not answered
                slot.check(world, &base, 0);
            }
            let before = acknowledged(&slots);
            let status = write_meanwhile(&base, &world.token, &mut slots, Patience::GiveUp, || {
                std::thread::sleep(Duration::from_millis(200) + moments.below(Duration::from_millis(200)));
                served.terminate(Duration::from_secs(12))
            });
            assert_eq!(status.code(), Some(0), "{}", served.said());
            assert!(acknowledged(&slots) > before);
            assert!(slots.iter().all(|slot| slot.refused.is_empty()));
            world.is_sound();
        }
        let served = Served::start(world);
        for slot in &mut slots {
            slot.check(world, &served.base, 0);
        }
    }
}
