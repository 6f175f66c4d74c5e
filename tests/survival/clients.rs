//! Clients that write to the service and remember what was acknowledged.

use super::process::World;
use crate::api::figure;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const WARDS: [&str; 8] = ["27382", "27379", "27364", "27352", "27355", "27349", "27373", "27367"];

/// A client of the service that is not surprised by anything.
pub struct Client {
    agent: ureq::Agent,
    token: Option<String>,
}

/// Status, type and body of an answer; none where none came.
pub type Heard = Option<(u16, String, String)>;

impl Client {
    pub fn new(token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..Self::nobody() }
    }

    /// Without a token.
    pub fn nobody() -> Self {
        let config =
            ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(30)));
        Self { agent: config.build().into(), token: None }
    }

    pub fn send(&self, method: &str, url: &str, body: Option<&Value>) -> Heard {
        let request = ureq::http::Request::builder().method(method).uri(url);
        let request = match &self.token {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        };
        let answer = match body {
            Some(body) => {
                let request = request.header("content-type", "application/json").body(body.to_string());
                self.agent.run(request.expect("a request"))
            }
            None => self.agent.run(request.body(()).expect("a request")),
        };
        let mut answer = answer.ok()?;
        let kind = answer.headers().get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        let body = answer.body_mut().read_to_string().ok()?;
        Some((answer.status().as_u16(), kind, body))
    }

    pub fn get(&self, url: &str) -> Heard {
        self.send("GET", url, None)
    }
}

/// A figure that one client alone writes: 1, 2, 3, …
pub struct Slot {
    pub address: String,
    ward: &'static str,
    /// Of July 2021.
    day: usize,
    /// The last value that was acknowledged.
    pub acknowledged: i64,
    /// Statuses of answers that were no acknowledgement.
    pub refused: Vec<u16>,
    /// Answers that never came.
    pub lost: u32,
}

pub fn slots(count: usize) -> Vec<Slot> {
    let slot = |n: usize| Slot {
        address: figure(WARDS[n % 8], &format!("2021-07-{}", 13 + n / 8)),
        ward: WARDS[n % 8],
        day: 13 + n / 8,
        acknowledged: 0,
        refused: Vec::new(),
        lost: 0,
    };
    (0..count).map(slot).collect()
}

impl Slot {
    /// Writes the next value; whether it was acknowledged. A refusal must be 503 as promised.
    pub fn write(&mut self, base: &str, client: &Client) -> bool {
        let value = json!({"community_f0": self.acknowledged + 1, "reason": "x"});
        match client.send("PUT", &format!("{base}{}", self.address), Some(&value)) {
            Some((200 | 201, ..)) => {
                self.acknowledged += 1;
                return true;
            }
            Some((status, kind, body)) => {
                assert_eq!((status, kind.as_str()), (503, "application/problem+json"), "{body}");
                self.refused.push(status);
            }
            None => self.lost += 1,
        }
        false
    }

    /// Checks that all that was acknowledged is stored in its order and served, and at most
    /// as many values beside as were on their way; what is there is known from now on.
    #[track_caller]
    pub fn check(&mut self, world: &World, base: &str, on_their_way: i64) {
        let stored = world.numbers(&format!(
            "SELECT CAST(community_f0 AS BIGINT) AS n FROM figures f JOIN units u ON u.campaign_id = f.campaign_id \
             AND u.unit_id = f.unit_id WHERE u.code = '{}' AND f.day = {} ORDER BY recorded_us",
            self.ward,
            // days count from 1970
            18_808 + self.day
        ));
        let last = stored.len() as i64;
        assert_eq!(stored, (1..=last).collect::<Vec<_>>(), "{}", self.address);
        let may = self.acknowledged..=self.acknowledged + on_their_way;
        assert!(may.contains(&last), "{}: {last} is stored, {} was acknowledged", self.address, self.acknowledged);
        let (status, _, body) = Client::new(&world.token).get(&format!("{base}{}", self.address)).expect("an answer");
        if last > 0 {
            let served: Value = serde_json::from_str(&body).expect("JSON");
            assert_eq!((status, &served["community_f0"]), (200, &json!(last)));
        }
        self.acknowledged = last;
    }
}

/// What clients do where no answer comes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    GiveUp,
    TryAgain,
}

/// A client a slot writes as fast as it may until `meanwhile` is over.
pub fn write_meanwhile<T>(
    base: &str,
    token: &str,
    slots: &mut [Slot],
    patience: Patience,
    meanwhile: impl FnOnce() -> T,
) -> T {
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for slot in slots {
            let is_over = &is_over;
            scope.spawn(move || {
                let client = Client::new(token);
                while !is_over.load(Ordering::Relaxed) {
                    if slot.write(base, &client) {
                        continue;
                    }
                    if patience == Patience::GiveUp {
                        break;
                    }
                    std::thread::sleep(Duration::from_millis(20));
                }
            });
        }
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(meanwhile));
        // or a failed test would never end
        is_over.store(true, Ordering::Relaxed);
        done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

pub fn acknowledged(slots: &[Slot]) -> i64 {
    slots.iter().map(|slot| slot.acknowledged).sum()
}
