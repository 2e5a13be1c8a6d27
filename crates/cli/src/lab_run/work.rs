//! What the runs of an experiment are, and how each is played.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rhodian_lab::crisis::model::{Course, Shock};
use rhodian_lab::crisis::recorded::{self, Story};
use rhodian_lab::crisis::{Crisis, Stage, Stopped};
use rhodian_lab::experiment::rare::{Law, MOST_SHIFT, Proposal, noise_allowed};
use rhodian_lab::experiment::sobol::{REPLICATES, Scrambled};
use rhodian_lab::experiment::stress::{Search, mildest};
use rhodian_lab::seed::Seed;

use super::book::{self, Nights};
use super::optimise::{self, Planned};
use super::{contagion, cover, mechanisms, tune};
use crate::experiment_file::model::{Experiment, Points, Question, World, part};
use crate::experiment_file::{ORDERS, replaying, resampling};

/// Where the mildest shock of a path is looked for.
pub const STRESS: Search = Search { most: 1.2, steps: 12, halvings: 6 };
/// How well the place of a mode is known: weights make up for the rest.
const MODE_STEPS: u32 = 16;
const MODE_HALVINGS: u32 = 5;
/// How many deviations, or means, away a mode is looked for.
const MODE_MOST: f64 = 10.0;
/// The noise that modes are looked for with, which no run has.
const MODE_NOISE: [u64; 3] = [1 << 40, (1 << 40) + 1, (1 << 40) + 2];

/// The runs of an experiment.
pub struct Work<'a> {
    /// The experiment.
    pub of: &'a Experiment,
    /// The worlds that are played, each once: a fund changes nothing in a crisis.
    pub worlds: Vec<World>,
    /// The worlds that are open, by their place: the two that runs are at, and no more, since a
    /// world of many accounts is large.
    open: Mutex<Vec<(usize, Arc<Stage>)>>,
    proposal: OnceLock<Result<Proposal, Stopped>>,
    /// How many threads reckon what is not played run by run.
    threads: usize,
    /// What an optimisation plays, as far as its rows say.
    planned: Mutex<Planned>,
    nights: OnceLock<Result<Nights, Stopped>>,
}

/// A world without its fund.
fn played(world: &World) -> World {
    World { fund: None, ..*world }
}

impl<'a> Work<'a> {
    /// The runs of `of`.
    pub fn of(of: &'a Experiment, threads: usize) -> Self {
        let mut worlds: Vec<World> = Vec::new();
        // What looks for a least draws its worlds as it goes.
        let searches = matches!(of.question, Question::Optimise { .. });
        for world in of.question.worlds().filter(|_| !searches) {
            let world = played(world);
            if !worlds.contains(&world) {
                worlds.push(world);
            }
        }
        let planned = match &of.question {
            Question::Optimise { of } => Planned::of(of),
            _ => Planned::default(),
        };
        let planned = Mutex::new(planned);
        Self {
            of,
            worlds,
            open: Mutex::default(),
            proposal: OnceLock::new(),
            threads,
            planned,
            nights: OnceLock::new(),
        }
    }

    /// Whether runs can tell what is asked: rare events need a noise that is small beside how far
    /// markets move, and seasons as many crises as come in them.
    pub fn check(&self) -> Result<(), Stopped> {
        let checked = match &self.of.question {
            Question::Rare { world, moves, .. } => {
                let law = world.law(*moves);
                noise_allowed(&law, world.model().common_noise(law.shock(1.0)))
            }
            Question::Tune { of } => tune::seasons(of, self.of).map(|_| ()),
            _ => Ok(()),
        };
        checked.map_err(Stopped::Model)
    }

    /// The place of a world among those that are played.
    pub fn place(&self, world: &World) -> usize {
        let world = played(world);
        self.worlds.iter().position(|known| *known == world).unwrap_or(0)
    }

    /// What an optimisation plays, as far as its rows say.
    pub fn planned(&self) -> Planned {
        self.planned.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Plans what follows from the rows of all runs there are; whether there is more to play.
    pub fn go_on(&self, rows: &[String]) -> bool {
        let Question::Optimise { of } = &self.of.question else { return false };
        let mut planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        planned.go_on(of, rows, self.of.crises);
        !planned.done
    }

    /// How many rows of an earlier call are taken: of an optimisation all, since how many there are
    /// is known when they are read.
    pub fn taken(&self) -> usize {
        match self.of.question {
            Question::Optimise { .. } => usize::MAX,
            _ => self.count(),
        }
    }

    /// How many runs there are, as far as it is known.
    pub fn count(&self) -> usize {
        let of = match &self.of.question {
            Question::Replay { files, .. } => files.len(),
            Question::Contagion { .. } | Question::Cover { .. } => 1,
            Question::Optimise { .. } => self.planned().count(),
            _ => self.worlds.len(),
        };
        of * self.of.crises
    }

    /// Whether a world has models of its own, which rows then tell more of.
    pub fn has_models(&self) -> bool {
        self.worlds.iter().any(|world| !world.models.are_off())
    }

    /// The names of a row's fields.
    pub fn header(&self) -> String {
        match &self.of.question {
            Question::Rare { .. } => {
                "run,crisis,factor,weight,deficit,failed,liquidated,closed".to_owned()
            }
            Question::ReverseStress { layers, .. } => {
                let mut header = "run,path,falls_down,falls_up".to_owned();
                for way in ["down", "up"] {
                    for layer in 1..=layers.len() {
                        header += &format!(",{way}_{layer},{way}_{layer}_stays");
                    }
                }
                header
            }
            Question::Mechanisms { .. } => mechanisms::header(),
            Question::Book { .. } => book::HEADER.to_owned(),
            Question::Contagion { of } => contagion::header(of),
            Question::Cover { of } => cover::header(of),
            Question::Optimise { of } => optimise::header(of),
            Question::Replay { .. } => {
                "run,file,book,equity,deficit,failed,liquidated,closed".to_owned()
            }
            _ => {
                let more =
                    if self.has_models() { ",pushed,sold_part,withdrawn,capped" } else { "" };
                format!("run,world,crisis,fall,deficit,failed,liquidated,closed{more}")
            }
        }
    }

    /// A world, opened by whoever asks first.
    pub fn stage(&self, place: usize) -> Result<Arc<Stage>, Stopped> {
        self.stage_of(place, &self.worlds[place])
    }

    fn stage_of(&self, place: usize, world: &World) -> Result<Arc<Stage>, Stopped> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, stage)) = open.iter().find(|(at, _)| *at == place) {
            return Ok(Arc::clone(stage));
        }
        let stage = Stage::of(world.model(), Seed(u64::from(self.of.seed)))?;
        let stage = Arc::new(stage);
        open.push((place, Arc::clone(&stage)));
        if open.len() > 2 {
            // Runs go through worlds in order: nobody comes back to the first of three.
            open.sort_by_key(|(at, _)| *at);
            open.remove(0);
        }
        Ok(stage)
    }

    /// Plays the run of a number: its row, without the end of the line.
    pub fn play(&self, run: usize) -> Result<String, Stopped> {
        let (place, crisis) = (run / self.of.crises, run % self.of.crises);
        // At most ten million crises.
        let index = u64::try_from(crisis).unwrap_or(u64::MAX);
        match &self.of.question {
            Question::Rare { .. } => self.play_rare(run, index),
            Question::Replay { .. } => {
                let story = self.recorded(run, false)?;
                let of = story.crisis;
                Ok(format!(
                    "{run},{place},{crisis},{},{},{},{},{}",
                    story.equity, of.deficit, of.failed, of.liquidated, of.closed
                ))
            }
            Question::Mechanisms { world, leave } => {
                let of = self.stage(0)?.play_rounds(index)?;
                Ok(mechanisms::row(run, &of, world.fund.unwrap_or(0), part(*leave)))
            }
            Question::Optimise { of } => {
                let planned = self.planned();
                let stage = self.stage_of(place, &planned.world(of, place).0)?;
                optimise::row(of, &planned, (run, self.of.crises), &stage)
            }
            Question::Book { .. } => self.nights()?.row(run).map_err(Stopped::Model),
            Question::Contagion { of } => {
                contagion::row(of, run, Seed(u64::from(self.of.seed))).map_err(Stopped::Model)
            }
            Question::Cover { of } => Ok(cover::row(of, run)),
            Question::ReverseStress { layers, gap, .. } => {
                let mut needed = 0;
                let sums: Vec<u128> = layers
                    .iter()
                    .map(|layer| {
                        needed += layer.size;
                        needed
                    })
                    .collect();
                self.play_stress(run, index, Course::Gap(part(*gap)), &sums)
            }
            _ => {
                let of = self.stage(place)?.play(index)?.crisis;
                let mut row = format!(
                    "{run},{place},{crisis},{},{},{},{},{}",
                    of.fall, of.deficit, of.failed, of.liquidated, of.closed
                );
                if self.has_models() {
                    let Crisis { pushed, sold_part, withdrawn, capped, .. } = of;
                    row += &format!(",{pushed},{sold_part},{withdrawn},{capped}");
                }
                Ok(row)
            }
        }
    }

    /// The book and its nights, drawn by whoever asks first.
    pub fn nights(&self) -> Result<&Nights, Stopped> {
        let of = || Nights::of(self.of, self.threads).map_err(Stopped::Model);
        self.nights.get_or_init(of).as_ref().map_err(Clone::clone)
    }

    /// Recorded prices through the book of a run.
    fn recorded(&self, run: usize, told: bool) -> Result<Story, Stopped> {
        let (place, book) = (run / self.of.crises, run % self.of.crises);
        let Question::Replay { world, files, order, gaps, resample, block, .. } = &self.of.question
        else {
            return Ok(Story::default());
        };
        let Some(file) = files.get(place) else { return Ok(Story::default()) };
        let order = ORDERS.iter().find(|(_, word)| word == order).map(|(order, _)| *order);
        let replay = replaying(order.unwrap_or_default(), *gaps);
        let book = u64::try_from(book).unwrap_or(u64::MAX);
        let seed = Seed(Seed(u64::from(self.of.seed)).stream_at("book", book).bits());
        let made = match resampling(resample, *block) {
            None => None,
            Some(of) => Some(of.draw(&file.candles, seed).map_err(Stopped::Model)?),
        };
        let candles = made.as_ref().unwrap_or(&file.candles);
        recorded::play(&world.model(), candles, &replay, seed, told)
    }

    /// The same, with every moment.
    pub fn story(&self, run: usize) -> Result<Story, Stopped> {
        self.recorded(run, true)
    }

    fn play_rare(&self, run: usize, index: u64) -> Result<String, Stopped> {
        let proposal = self.proposal()?;
        let seed = Seed(u64::from(self.of.seed));
        let sobol = matches!(self.of.question, Question::Rare { points: Points::Sobol, .. });
        let drawn = if sobol {
            // Scramblings take turns, so that those of an unfinished experiment are as far.
            let (scrambling, number) = (run % REPLICATES, run / REPLICATES);
            let scrambling = u64::try_from(scrambling).unwrap_or(u64::MAX);
            let mut stream = seed.stream_at("rare points", scrambling);
            let points = Scrambled { seeds: [stream.bits(), stream.bits()] };
            proposal.at(points.point(u32::try_from(number).unwrap_or(u32::MAX)))
        } else {
            proposal.draw(&mut seed.stream_at("rare factor", index))
        };
        let shock = proposal.law.shock(drawn.factor);
        let of = self.stage(0)?.play_shock(index, shock)?.crisis;
        // The shortest digits that are read as the same number again.
        Ok(format!(
            "{run},{index},{:?},{:?},{},{},{},{}",
            drawn.factor, drawn.weight, of.deficit, of.failed, of.liquidated, of.closed
        ))
    }

    fn play_stress(
        &self,
        run: usize,
        index: u64,
        course: Course,
        sums: &[u128],
    ) -> Result<String, Stopped> {
        let stage = self.stage(0)?;
        let (mut falls, mut found) = (String::new(), String::new());
        for sign in [-1.0, 1.0] {
            let lacks = |size: f64| {
                let shock = Shock { shift: sign * size, course };
                stage.play_shock(index, shock).map(|of| of.crisis.deficit)
            };
            let (broken, fell) = mildest(STRESS, sums, lacks)?;
            falls += &format!(",{fell}");
            for one in broken {
                let at = one.at.map(|at| format!("{:.0}", at * 1e6)).unwrap_or_default();
                found += &format!(",{at},{}", u8::from(one.stays));
            }
        }
        Ok(format!("{run},{index}{falls}{found}"))
    }

    /// By which law crises are drawn: its modes are looked for with a little noise, the same each
    /// time.
    pub fn proposal(&self) -> Result<&Proposal, Stopped> {
        self.proposal.get_or_init(|| self.look_for_modes()).as_ref().map_err(Clone::clone)
    }

    fn look_for_modes(&self) -> Result<Proposal, Stopped> {
        let Question::Rare { world, moves, defensive, .. } = &self.of.question else {
            let law = Law::Both { deviation: 1.0, gap: 0.0 };
            return Ok(Proposal { law, defensive: 1.0, modes: Vec::new() });
        };
        let (stage, law) = (self.stage(0)?, world.law(*moves));
        let fund = world.fund.unwrap_or(0);
        let ways: &[f64] = if moves.is_some() { &[-1.0, 1.0] } else { &[1.0] };
        let most = match law {
            Law::Falls(_) => MODE_MOST,
            Law::Both { deviation, .. } => (MOST_SHIFT / deviation).min(MODE_MOST),
        };
        let search = Search { most, steps: MODE_STEPS, halvings: MODE_HALVINGS };
        let mut modes = Vec::new();
        for way in ways {
            let lacks = |factor: f64| -> Result<u128, Stopped> {
                let mut sum = 0;
                for noise in MODE_NOISE {
                    let shock = law.shock(way * factor);
                    sum += stage.play_shock(noise, shock)?.crisis.deficit;
                }
                Ok(sum / (MODE_NOISE.len() as u128))
            };
            let (found, _) = mildest(search, &[fund], lacks)?;
            modes.extend(found[0].at.filter(|at| *at > 0.0).map(|at| way * at));
        }
        Ok(Proposal { law, defensive: part(*defensive), modes })
    }
}
