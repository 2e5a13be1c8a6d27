//! What layers lose in a year, the fund that costs least, points that fill evenly, and worlds by
//! leverage and correlation.

use super::{WORLD, figure, told, value};

#[test]
fn layers_lose_what_crises_take_of_them() {
    let text = |more: &str| {
        format!(
            "kind = \"tranches\"\ncrises = 120\n{WORLD}fund = \"60000\"\n[tranches]\na_year = 3\n\
             capital = \"12 %\"\n{more}\
             [[tranches.layer]]\nname = \"junior\"\nsize = \"60000\"\n\
             [[tranches.layer]]\nname = \"senior\"\nsize = \"40000000\"\n"
        )
    };
    let priced = told(&text("shortfall = 1\n"), &[]);
    // By hand, of the same crises.
    let crises = told(&format!("kind = \"monte-carlo\"\ncrises = 120\n{WORLD}"), &[]);
    let all = value(&crises, "", "deficit-mean");
    let layers = ["fund", "junior", "senior"].map(|of| value(&priced, of, "loss-mean"));
    assert!((layers.iter().sum::<f64>() / all - 1.0).abs() < 1e-9, "{layers:?} of {all}");
    let rate = |of: &str| value(&priced, of, "fair-rate");
    assert!((rate("junior") - 3.0 * layers[1] / 60_000.0).abs() < 1e-9, "{priced}");
    assert!(rate("fund") > rate("junior") && rate("junior") > rate("senior"), "{priced}");
    assert!((value(&priced, "senior", "loaded-rate") - rate("senior") - 0.12).abs() < 1e-9);
    assert!(value(&priced, "junior", "used-up") <= value(&priced, "junior", "met"), "{priced}");
    // 12 % over three crises a year at one for one: a fund that four of a hundred pass.
    let least = figure(&priced, "least cost", "fund");
    let between = [0, 1].map(|end| least["between"][end].as_f64().unwrap());
    assert!(between[0] < between[1] && priced["answer"].as_str().unwrap().contains("costs least"));
    let rare = told(&text("shortfall = 1000\n"), &[]);
    let refused = rare["refused"].to_string();
    assert!(refused.contains("do not back it"), "{refused}");
    let never = told(
        &text("shortfall = 1\n").replace("12 %", "100 %").replace("a_year = 3", "a_year = 1"),
        &[],
    );
    assert!(never["refused"].to_string().contains("none costs least"), "{never}");
}

/// The same chance by points and by draws, and the points tell it more narrowly.
#[test]
fn points_tell_a_rare_event_more_narrowly() {
    let rare = |points: &str| {
        told(
            &format!(
                "kind = \"rare\"\ncrises = 512\n{WORLD}fund = \"100000\"\n\
                 [rare]\ndeviation = \"10 %\"\npoints = \"{points}\"\n"
            ),
            &["--threads", "2"],
        )
    };
    let (drawn, points) = (rare("random"), rare("sobol"));
    let found = [&drawn, &points].map(|of| {
        let found = figure(of, "", "fund-passed");
        let [low, high] = [0, 1].map(|end| found["between"][end].as_f64().unwrap());
        (found["value"].as_f64().unwrap(), (high - low) / 2.0)
    });
    let both = (found[0].1.powi(2) + found[1].1.powi(2)).sqrt();
    assert!((found[0].0 - found[1].0).abs() < 1.6 * both, "{found:?}");
    let saved = [&drawn, &points].map(|of| value(of, "", "runs-saved"));
    assert!(saved[1] > 1.3 * saved[0], "{saved:?}");
    assert!(points["assumes"].to_string().contains("16 scramblings"), "{points}");
}

/// The same people over the same crises.
#[test]
fn more_leverage_takes_more() {
    let sweep = |parameter: &str, values: &str| {
        let table = format!("[sweep]\nparameter = \"{parameter}\"\nvalues = [{values}]\n");
        told(&format!("kind = \"sweep\"\ncrises = 40\n{WORLD}{table}"), &[])
    };
    let leverage = sweep("leverage", "\"50 %\", \"100 %\", \"200 %\"");
    let failed = |of: &str| value(&leverage, of, "failed-mean");
    assert!(failed("50 %") < failed("100 %") && failed("100 %") < failed("200 %"), "{leverage}");
    let correlation = sweep("correlation", "\"0 %\", \"100 %\"");
    let more = correlation["figures"].to_string() + &correlation["refused"].to_string();
    assert!(more.contains("deficit-more-than-first"), "{correlation}");
}
