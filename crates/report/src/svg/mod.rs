//! Charts as values, drawn as SVG.
//!
//! A chart is built from figures and knows nothing of pages; [`Chart::svg`] draws it. Geometry is
//! integers, in tenths of a unit, so the same figures give the same bytes. Every chart has a
//! title and a description for those who do not see it, labels each bar in words, and tells
//! kinds apart by pattern as well as colour. Colours are attributes, which a page's style sheet
//! may replace by class (`paid`, `open`, `own`, `loss`, `track`, `faint`).

mod burden;
mod classes;
mod map;
mod paths;
mod plot;
mod waterfall;

pub use burden::Burden;
pub use classes::{ClassBar, Classes};
pub use map::Map;
pub use paths::Paths;
pub use plot::{Axis, Curve, FULL, Heat, HeatCell, Plot};
pub use waterfall::{Bar, Waterfall};

use crate::markup::Markup;

/// The width of every chart, in units; its height follows its content.
const WIDTH: u32 = 460;

/// A chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chart {
    /// The steps from a loss down to what stays uncovered.
    Waterfall(Waterfall),
    /// Who pays by size class.
    Classes(Classes),
    /// The burden curve.
    Burden(Burden),
    /// Prices or equities over time.
    Paths(Paths),
    /// What was taken over, by market and time.
    Map(Map),
    /// Curves on two axes.
    Plot(Plot),
    /// A figure over two parameters.
    Heat(Heat),
}

impl Chart {
    /// Its title and what it shows in a sentence.
    #[must_use]
    pub fn words(&self) -> (&str, &str) {
        match self {
            Self::Waterfall(chart) => (&chart.title, &chart.about),
            Self::Classes(chart) => (&chart.title, &chart.about),
            Self::Burden(chart) => (&chart.title, &chart.about),
            Self::Paths(chart) => (&chart.title, &chart.about),
            Self::Map(chart) => (&chart.title, &chart.about),
            Self::Plot(chart) => (&chart.title, &chart.about),
            Self::Heat(chart) => (&chart.title, &chart.about),
        }
    }

    /// Draws it. `id` is unique on the page and names the title and patterns.
    #[must_use]
    pub fn svg(&self, id: &str) -> String {
        let mut canvas = Canvas { out: Markup::default(), id: id.to_owned(), height: 0 };
        let (title, about) = self.words();
        match self {
            Self::Waterfall(chart) => chart.draw(&mut canvas),
            Self::Classes(chart) => chart.draw(&mut canvas),
            Self::Burden(chart) => chart.draw(&mut canvas),
            Self::Paths(chart) => chart.draw(&mut canvas),
            Self::Map(chart) => chart.draw(&mut canvas),
            Self::Plot(chart) => chart.draw(&mut canvas),
            Self::Heat(chart) => chart.draw(&mut canvas),
        }
        canvas.framed(title, about)
    }
}

/// How something is inked: a class for style sheets and a colour without one.
#[derive(Clone, Copy)]
pub(crate) struct Ink {
    class: &'static str,
    color: &'static str,
}

pub(crate) const TEXT: Ink = Ink { class: "ink", color: "#1c2733" };
pub(crate) const FAINT: Ink = Ink { class: "faint", color: "#5b6875" };
pub(crate) const TRACK: Ink = Ink { class: "track", color: "#e6e9ec" };
pub(crate) const LOSS: Ink = Ink { class: "loss", color: "#33414f" };
pub(crate) const OWN: Ink = Ink { class: "own", color: "#7b8794" };
pub(crate) const PAID: Ink = Ink { class: "paid", color: "#1f6f8b" };
pub(crate) const OPEN: Ink = Ink { class: "open", color: "#b3372e" };

/// Where a text is anchored.
#[derive(Clone, Copy)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// A drawing of fixed width that grows downwards. Lengths are in tenths of a unit.
pub(crate) struct Canvas {
    out: Markup,
    id: String,
    height: u32,
}

impl Canvas {
    /// Reserves room down to `height`.
    pub(crate) const fn reach(&mut self, height: u32) {
        if height > self.height {
            self.height = height;
        }
    }

    pub(crate) fn rect(&mut self, at: (u32, u32), size: (u32, u32), ink: Ink) {
        let (x, y, width, height) = (px(at.0), px(at.1), px(size.0), px(size.1));
        let corner = px(20.min(size.0 / 2));
        self.out.leaf(
            "rect",
            &[
                ("class", ink.class),
                ("fill", ink.color),
                ("x", &x),
                ("y", &y),
                ("width", &width),
                ("height", &height),
                ("rx", &corner),
            ],
        );
    }

    /// A rectangle that lets through what is below it, filled to so many percent.
    pub(crate) fn shade(&mut self, at: (u32, u32), size: (u32, u32), ink: Ink, percent: u32) {
        let (x, y, width, height) = (px(at.0), px(at.1), px(size.0), px(size.1));
        let opacity = if percent >= 100 { "1".to_owned() } else { format!("0.{percent:02}") };
        self.out.leaf(
            "rect",
            &[
                ("class", ink.class),
                ("fill", ink.color),
                ("fill-opacity", &opacity),
                ("x", &x),
                ("y", &y),
                ("width", &width),
                ("height", &height),
            ],
        );
    }

    /// A bar with diagonal lines over it, so that it differs without colour.
    pub(crate) fn hatched(&mut self, at: (u32, u32), size: (u32, u32), ink: Ink) {
        self.rect(at, size, ink);
        let (x, y, width, height) = (px(at.0), px(at.1), px(size.0), px(size.1));
        let fill = format!("url(#{}-hatch)", self.id);
        self.out.leaf(
            "rect",
            &[("fill", &fill), ("x", &x), ("y", &y), ("width", &width), ("height", &height)],
        );
    }

    pub(crate) fn text(&mut self, at: (u32, u32), anchor: Anchor, ink: Ink, text: &str) {
        self.words(at, anchor, ink, "normal", text);
    }

    pub(crate) fn strong(&mut self, at: (u32, u32), anchor: Anchor, ink: Ink, text: &str) {
        self.words(at, anchor, ink, "600", text);
    }

    fn words(&mut self, at: (u32, u32), anchor: Anchor, ink: Ink, weight: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let (x, y) = (px(at.0), px(at.1));
        self.out.put(
            "text",
            &[
                ("class", ink.class),
                ("fill", ink.color),
                ("x", &x),
                ("y", &y),
                ("text-anchor", anchor),
                ("font-weight", weight),
            ],
            text,
        );
    }

    /// An open line through `points`.
    pub(crate) fn line(&mut self, points: &[(u32, u32)], ink: Ink, width: u32, dashed: bool) {
        let path = path_of(points);
        let width = px(width);
        let mut with = vec![
            (
                "class",
                match ink.class {
                    "paid" => "line-paid",
                    "open" => "line-open",
                    "track" => "line-track",
                    _ => "line-faint",
                },
            ),
            ("fill", "none"),
            ("stroke", ink.color),
            ("stroke-width", width.as_str()),
            ("stroke-linejoin", "round"),
            ("d", path.as_str()),
        ];
        if dashed {
            with.push(("stroke-dasharray", "3 3"));
        }
        self.out.leaf("path", &with);
    }

    /// A closed area, faintly filled.
    pub(crate) fn area(&mut self, points: &[(u32, u32)], ink: Ink) {
        let path = format!("{}Z", path_of(points));
        self.out.leaf(
            "path",
            &[("class", ink.class), ("fill", ink.color), ("fill-opacity", "0.14"), ("d", &path)],
        );
    }

    pub(crate) fn dot(&mut self, at: (u32, u32), ink: Ink) {
        let (x, y) = (px(at.0), px(at.1));
        self.out.leaf(
            "circle",
            &[("class", ink.class), ("fill", ink.color), ("cx", &x), ("cy", &y), ("r", "4.5")],
        );
    }

    fn framed(self, title: &str, about: &str) -> String {
        let (title_id, about_id) = (format!("{}-title", self.id), format!("{}-about", self.id));
        let box_of = format!("0 0 {WIDTH} {}", px(self.height));
        let hatch = format!("{}-hatch", self.id);
        let mut page = Markup::default();
        page.el(
            "svg",
            &[
                ("xmlns", "http://www.w3.org/2000/svg"),
                ("viewBox", &box_of),
                ("role", "img"),
                ("aria-labelledby", &format!("{title_id} {about_id}")),
                ("font-family", "system-ui, sans-serif"),
                ("font-size", "13.5"),
            ],
            |svg| {
                svg.put("title", &[("id", &title_id)], title);
                svg.put("desc", &[("id", &about_id)], about);
                svg.el("defs", &[], |defs| {
                    let size = [
                        ("id", hatch.as_str()),
                        ("width", "6"),
                        ("height", "6"),
                        ("patternUnits", "userSpaceOnUse"),
                        ("patternTransform", "rotate(45)"),
                    ];
                    defs.el("pattern", &size, |pattern| {
                        let stripe = [
                            ("fill", "#fff"),
                            ("fill-opacity", "0.45"),
                            ("width", "2.5"),
                            ("height", "6"),
                        ];
                        pattern.leaf("rect", &stripe);
                    });
                });
                svg.raw(&self.out.finish());
            },
        );
        page.finish()
    }
}

fn path_of(points: &[(u32, u32)]) -> String {
    let mut path = String::new();
    for (index, (x, y)) in points.iter().enumerate() {
        path.push(if index == 0 { 'M' } else { 'L' });
        path.push_str(&format!("{} {}", px(*x), px(*y)));
    }
    path
}

/// A length in tenths as SVG writes it.
fn px(tenths: u32) -> String {
    if tenths.is_multiple_of(10) {
        (tenths / 10).to_string()
    } else {
        format!("{}.{}", tenths / 10, tenths % 10)
    }
}

/// `length x part / whole`, floored; at most `length`.
pub(crate) fn along(length: u32, part: u128, whole: u128) -> u32 {
    let (floor, _) = crate::money::scaled(part, length, whole);
    u32::try_from(floor).map_or(length, |floor| floor.min(length))
}

/// Something never looks like nothing: a width of at least two units for a positive part.
pub(crate) fn visible(width: u32, part: u128) -> u32 {
    if part > 0 { width.max(20) } else { 0 }
}
