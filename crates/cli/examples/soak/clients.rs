//! Who calls: traders, a clock of marks, a source, one who fails, readers of streams.

use std::io::{self, BufRead};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use ed25519_dalek::{Signer, SigningKey};
use rhodian_lab::seed::{Seed, Stream};
use rhodian_server::signature::{message, to_hex};
use serde_json::{Value, json};

use crate::found::{Acknowledged, Found};
use crate::http::{Answer, Client};
use crate::world::{ACCOUNTS, SOURCE, World, deposit};

/// A number below `bound`, from a seeded stream.
fn below(draws: &mut Stream, bound: u32) -> u32 {
    u32::try_from(draws.below(u64::from(bound))).unwrap_or_default()
}

/// Gives commands, each under a key of its own, and keeps what was acknowledged.
pub struct Hand<'a> {
    client: Client,
    name: String,
    count: u64,
    found: &'a Found,
    pub acknowledged: Acknowledged,
    /// The last command with its key and its answer: what a retry gets.
    pub last: Option<(String, String, Vec<u8>)>,
}

impl<'a> Hand<'a> {
    pub fn new(client: Client, name: String, found: &'a Found) -> Self {
        let acknowledged = Acknowledged::new();
        Self { client, name, count: 0, found, acknowledged, last: None }
    }

    /// Gives a command until it is taken or refused; whether it was taken.
    fn give(&mut self, area: &str, command: &Value) -> io::Result<bool> {
        self.give_signed(area, command, |_| String::new())
    }

    fn give_signed(
        &mut self,
        area: &str,
        command: &Value,
        sign: impl Fn(&str) -> String,
    ) -> io::Result<bool> {
        self.count += 1;
        let key = format!("{}-{:012}", self.name, self.count);
        let body = json!({ "area": area, "command": command }).to_string();
        let head = format!("idempotency-key: {key}\r\n{}", sign(&body));
        loop {
            let began = Instant::now();
            let answer = self.client.call("POST", "/v1/commands", &head, &body)?;
            match answer.status {
                503 if answer.retry_after => {
                    self.found.busy.fetch_add(1, Ordering::Relaxed);
                    std::thread::sleep(Duration::from_millis(200));
                    continue;
                }
                200 => {
                    let range = answer.range();
                    let range = range.ok_or_else(|| io::Error::other("an answer of no command"))?;
                    self.acknowledged.insert(key.clone(), range);
                }
                409 | 422 => self.found.refused(&answer),
                status => return Err(unexpected(status, &body, &answer)),
            }
            self.found.took(began);
            self.found.commands.fetch_add(1, Ordering::Relaxed);
            let taken = answer.status == 200;
            self.last = Some((key, body, answer.body));
            return Ok(taken);
        }
    }

    /// Repeats the last command: the answer must be the same.
    fn repeat(&mut self) -> io::Result<()> {
        let Some((key, body, before)) = &self.last else { return Ok(()) };
        let head = format!("idempotency-key: {key}\r\n");
        let answer = self.client.call("POST", "/v1/commands", &head, body)?;
        self.found.retries.fetch_add(1, Ordering::Relaxed);
        if answer.body != *before && !(answer.status == 503 && answer.retry_after) {
            self.found.fault(format!("{key} was answered otherwise: {answer:?}"));
        }
        Ok(())
    }

    fn read(&mut self, path: &str) -> io::Result<()> {
        let answer = self.client.get(path)?;
        self.found.queries.fetch_add(1, Ordering::Relaxed);
        match answer.status {
            200 => Ok(()),
            503 if answer.retry_after => Ok(()),
            status => Err(unexpected(status, path, &answer)),
        }
    }
}

fn unexpected(status: u16, asked: &str, answer: &Answer) -> io::Error {
    let said = String::from_utf8_lossy(&answer.body);
    io::Error::other(format!("{status} for {asked}: {said}"))
}

/// Trades in a market of its own between accounts of its own, deposits, withdraws, repeats, reads.
/// Lots go from who has more to who has less: positions stay small however long it goes on.
pub fn trade(hand: &mut Hand<'_>, world: World, market: u32, seed: Seed) -> io::Result<()> {
    let (mut draws, mut last) = (seed.stream_at("trader", u64::from(market)), Instant::now());
    let first = market * ACCOUNTS;
    let (mut lots, mut numbers) = ([0_i64; ACCOUNTS as usize], [1_u64; ACCOUNTS as usize]);
    let mut fill = 0;
    while hand.found.goes_on() {
        hand.found.wait(&mut last);
        let place = below(&mut draws, ACCOUNTS) as usize;
        let account = first + place as u32;
        match below(&mut draws, 100) {
            0..75 => {
                let other =
                    (place + 1 + below(&mut draws, ACCOUNTS - 1) as usize) % ACCOUNTS as usize;
                let buys = lots[place] <= lots[other];
                let (buyer, seller) = if buys { (place, other) } else { (other, place) };
                let amount = 1 + below(&mut draws, 3);
                let command = json!({ "do": "fill", "market": market, "number": fill + 1,
                    "buyer": { "account": first + buyer as u32 },
                    "seller": { "account": first + seller as u32 },
                    "lots": amount.to_string(), "price": (990 + below(&mut draws, 21)).to_string(),
                    "buyer_fee": "1", "seller_fee": "0" });
                if hand.give("market", &command)? {
                    fill += 1;
                    lots[buyer] += i64::from(amount);
                    lots[seller] -= i64::from(amount);
                }
            }
            kind @ 75..83 => {
                let what = if kind < 79 { "deposit" } else { "withdraw" };
                let command = deposit(what, account, numbers[place] + 1, 1_000);
                if hand.give("account", &command)? {
                    numbers[place] += 1;
                }
            }
            83 => {
                // A number that was used: refused, and the refusal is kept under its key.
                let command = deposit("deposit", account, 1, 1);
                if hand.give("account", &command)? {
                    hand.found.fault(format!("a number was taken twice: {command}"));
                }
            }
            84..88 => hand.repeat()?,
            _ => {
                let which = below(&mut draws, QUERIES.len() as u32) as usize;
                let path = QUERIES[which].replace("{account}", &account.to_string());
                hand.read(
                    &path.replace("{market}", &below(&mut draws, world.traders).to_string()),
                )?;
            }
        }
    }
    Ok(())
}

/// What traders read.
const QUERIES: &[&str] = &[
    "/v1/status",
    "/v1/accounts/{account}",
    "/v1/accounts/{account}/positions",
    "/v1/accounts/{account}/exposure",
    "/v1/accounts/{account}/events",
    "/v1/markets/{market}",
    "/v1/feeds/0",
    "/v1/ledger/0",
    "/v1/losses?limit=20",
    "/v1/events?limit=20",
    "/v1/head",
    "/metrics",
    "/",
];

/// Marks every trader's market, a little up and down.
pub fn mark(hand: &mut Hand<'_>, world: World, seed: Seed) -> io::Result<()> {
    let mut draws = seed.stream("marks");
    while hand.found.goes_on() {
        let price = |market| json!([market, (990 + below(&mut draws, 21)).to_string()]);
        let marks: Vec<Value> = (0..world.traders).map(price).collect();
        hand.give("market", &json!({ "do": "mark", "marks": marks }))?;
        std::thread::sleep(Duration::from_millis(200));
    }
    Ok(())
}

/// Signs what it says of a price; the venue marks a market by it.
pub fn report(
    hand: &mut Hand<'_>,
    venue: &mut Hand<'_>,
    (world, key): (World, &SigningKey),
) -> io::Result<()> {
    let mut number = 0;
    while hand.found.goes_on() {
        number += 1;
        let time = rhodian_server::clock::wall();
        let command = json!({ "do": "report", "feed": 0, "source": SOURCE, "number": number,
            "value": (1_000 + number % 7).to_string(), "confidence": "1", "time": time });
        hand.give_signed("oracle", &command, |body| {
            let signature = key.sign(&message(crate::VENUE, body.as_bytes()));
            format!("rhodian-signature: {}\r\n", to_hex(&signature.to_bytes()))
        })?;
        venue.give("market", &json!({ "do": "mark-from-feeds", "markets": [world.sourced()] }))?;
        std::thread::sleep(Duration::from_millis(250));
    }
    Ok(())
}

/// Fails, again and again: the market falls, the engine takes over, the fund and the winners pay.
/// Each failure leaves a loss with its liable set and its receipts, which are kept by design.
pub fn fail(hand: &mut Hand<'_>, world: World, every: Duration) -> io::Result<()> {
    let (market, failing) = (world.crashing(), world.failing());
    let (mut fill, mut number) = (0, 0);
    let price = |price: u32| json!({ "do": "mark", "marks": [[market, price.to_string()]] });
    while hand.found.goes_on() {
        number += 1;
        let loss = hand.found.losses.load(Ordering::Relaxed);
        let trade = |fill: u64, buyer: Value, seller: Value, price: u32| {
            json!({ "do": "fill", "market": market, "number": fill, "buyer": buyer,
                "seller": seller, "lots": "9", "price": price.to_string(), "buyer_fee": "0",
                "seller_fee": "0" })
        };
        let (loser, winner) = (json!({ "account": failing }), json!({ "account": failing + 1 }));
        let pay = json!({ "do": "pay-into-layer", "layer": 0, "number": number,
            "amount": "200000" });
        let taken = [
            hand.give("domain", &pay)?,
            hand.give("account", &deposit("deposit", failing, number, 1_000_000))?,
            hand.give("market", &trade(fill + 1, loser, winner.clone(), 1_000))?,
            hand.give("market", &price(870))?,
            hand.give("market", &trade(fill + 2, winner, json!({ "book": loss }), 860))?,
            hand.give("market", &price(1_000))?,
        ];
        if taken != [true; 6] {
            let last = hand.last.as_ref().map(|(_, _, answer)| String::from_utf8_lossy(answer));
            hand.found.fault(format!("loss {loss} did not happen: {taken:?}, then {last:?}"));
            return Ok(());
        }
        hand.read(&format!("/v1/losses/{loss}/receipts/{}", failing + 1))?;
        hand.read(&format!("/v1/episodes/{loss}/incident"))?;
        fill += 2;
        hand.found.losses.fetch_add(1, Ordering::Relaxed);
        let until = Instant::now() + every;
        while hand.found.goes_on() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    Ok(())
}

/// Reads a stream, `slowly` or as it comes: every event once, in order.
pub fn listen(client: &Client, path: &str, slowly: bool, found: &Found) -> io::Result<()> {
    let mut stream = client.stream(path)?;
    let (mut line, mut before) = (String::new(), None);
    while found.goes_on() {
        line.clear();
        if stream.read_line(&mut line)? == 0 {
            return Err(io::Error::other(format!("the stream {path} ended")));
        }
        let Some(number) = line.strip_prefix("id: ") else { continue };
        let number: u64 = number.trim().parse().map_err(io::Error::other)?;
        if before.is_some_and(|before: u64| before + 1 != number) {
            found.fault(format!("{path} tells {number} after {before:?}"));
        }
        before = Some(number);
        found.streamed.fetch_add(1, Ordering::Relaxed);
        if slowly {
            std::thread::sleep(Duration::from_millis(2));
        }
    }
    Ok(())
}
