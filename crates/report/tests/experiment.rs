//! The page and the pictures of experiments: well-formed, escaped, self-contained.
mod common;

use common::assert_well_formed;
use rhodian_report::html::{ExperimentPage, PageTable, experiment_page};
use rhodian_report::svg::{Axis, Chart, Curve, FULL, Heat, HeatCell, Plot};

fn plot() -> Chart {
    let across =
        Axis { name: "fund, USD".into(), marks: vec![(0, "1".into()), (FULL, "10".into())] };
    let up = Axis { name: "passed by".into(), marks: vec![(FULL, "100 %".into())] };
    let curve = Curve {
        name: "now".into(),
        points: vec![(0, FULL), (FULL, 0)],
        bands: vec![vec![(0, 9_000, FULL), (FULL, 0, 1_000)]],
        dots: false,
    };
    Chart::Plot(Plot {
        title: "Fund use".into(),
        about: "A larger fund is passed less often.".into(),
        across,
        up,
        curves: vec![curve],
        lines: vec![(2_000, "500,000".into()), (9_000, "far".into())],
    })
}

fn heat() -> Chart {
    let cell = |strength: u32| HeatCell { strength, text: strength.to_string() };
    Chart::Heat(Heat {
        title: "Fund by cost and margin".into(),
        about: "Darker is more.".into(),
        across: ("cost".into(), vec!["1 %".into(), "2 %".into()]),
        down: ("maintenance".into(), vec!["100 %".into()]),
        cells: vec![vec![cell(0), cell(FULL)]],
    })
}

#[test]
fn a_page_has_its_pictures_and_says_what_is_refused() {
    let evil = "</svg><script>alert(1)</script>&";
    let page = experiment_page(&ExperimentPage {
        title: evil.into(),
        lead: "One crisis in 100 takes 5 % of equity.".into(),
        facts: vec![("Crises".into(), "400".into())],
        charts: vec![plot(), heat()],
        tables: vec![PageTable {
            caption: evil.into(),
            columns: vec!["figure".into(), evil.into()],
            rows: vec![vec!["mean".into(), evil.into()]],
        }],
        refused: vec!["quantile 99.9 %: too few".into()],
        notes: vec!["prices do not react".into()],
        again: vec![("Seed".into(), "1".into())],
    });
    assert_well_formed(&page);
    assert!(!page.contains("<script") && page.contains("&lt;script&gt;"));
    for words in ["What these runs cannot back", "<desc", "Darker is more.", "<code>1</code>"] {
        assert!(page.contains(words), "{words}");
    }
    assert_eq!(page.matches("<svg").count(), 2);
    let nothing = experiment_page(&ExperimentPage::default());
    assert_well_formed(&nothing);
    assert!(!nothing.contains("cannot back"));
}

#[test]
fn pictures_stand_alone() {
    for chart in [plot(), heat()] {
        let svg = chart.svg("a");
        assert_well_formed(&svg);
        assert!(svg.starts_with("<svg") && svg.contains("xmlns="), "{svg}");
    }
}
