//! Where a wrong venue or loss file is marked, and in which words: at the part that is wrong, with
//! the bound that it passes.

mod binary;

use std::fs;

use binary::{done, folder, rhodian_in};

fn template(what: &str) -> String {
    done(folder().path(), &["init", what]).stdout
}

/// The text of the line that an error marks, and the error.
fn told(text: &str, claims: &str) -> (i32, String, String) {
    let here = folder();
    fs::write(here.path().join("F.toml"), text).unwrap();
    fs::write(here.path().join("claims.csv"), claims).unwrap();
    let ran = rhodian_in(here.path(), &["check", "F.toml"]);
    let place = ran.stderr.lines().find_map(|line| line.strip_prefix(" --> F.toml:"));
    let line = place.and_then(|place| place.split(':').next()?.parse::<usize>().ok());
    let marked = line.and_then(|line| text.lines().nth(line - 1)).unwrap_or_default();
    (ran.status, marked.to_owned(), ran.stderr)
}

/// Each row: a key of `[liquidation]`, `[domain.terms]` or the events, its code, the line that is
/// marked, and words of the error.
#[test]
fn a_wrong_part_of_a_venue_is_marked_where_it_stands() {
    let stages = "limit = [{ value = \"1.00\" }]\nstage = [\n  \
                  { beyond = \"5 %\", allowed = \"50 %\" },\n  \
                  { beyond = \"4 %\", allowed = \"0 %\" },\n]";
    let idle = "stage = [\n  { beyond = \"5 %\", allowed = \"50 %\" },\n]";
    let many = format!("limit = [{}]", "{ value = \"1.00\" }, ".repeat(17));
    let (buffer, terms) = ("buffer  = \"20 %\"", "close_out_time   = \"1 h\"");
    let unknown = "do = \"reward\"\nlayer = \"Stokers\"\namount = \"1.00\"\n[[event]]\n";
    let long = "window = \"99999999999999999999 h\"";
    let cases = [
        (buffer, stages, "stage-not-tighter", "{ beyond = \"4 %\"", "stage 2 of the breaker"),
        (buffer, idle, "stage-not-tighter", "{ beyond = \"5 %\"", "without a limit"),
        (buffer, &many, "flaw", "[liquidation]", "16 of each"),
        (
            buffer,
            &format!("limit = [\n  {{ value = \"1.00\", {long} }},\n]"),
            "window-above-bound",
            long,
            "window is too long",
        ),
        (buffer, "limit = [\n { value = \"0\" },\n]", "value-zero", "{ value = \"0\" }", "value"),
        (
            terms,
            "close_out_time = \"91 d\"",
            "close-out-time-above-bound",
            "\"91 d\"",
            "write 720 h or shorter",
        ),
        (
            terms,
            "close_out_time = \"1,5 h\"",
            "close-out-time-not-a-duration",
            "\"1,5 h\"",
            "is no length of time",
        ),
        (
            "at     = \"65 min\"",
            "at = \"99999999999999999999\"",
            "at-above-bound",
            "99999999999999999999",
            "at is too long",
        ),
        ("do     = \"funding\"", unknown, "unknown-layer", "layer = \"Stokers\"", "Stakers"),
    ];
    let venue = template("venue");
    for (from, to, code, line, words) in cases {
        assert!(venue.contains(from), "{from}");
        let to = if code == "unknown-layer" { format!("{to}{from}") } else { to.to_owned() };
        let (status, marked, told) = told(&venue.replacen(from, &to, 1), "");
        assert_eq!(status, 2, "{to}: {told}");
        assert!(told.starts_with(&format!("error[{code}]: ")), "{to}: {told}");
        assert!(marked.contains(line), "{to}: marked {marked:?}\n{told}");
        assert!(told.contains(words), "{words}: {told}");
    }
}

/// The parts that the template has as comments are right when they are taken in.
#[test]
fn the_comments_of_the_template_can_be_taken_in() {
    let comments = [
        "# basis_charge",
        "# concentration_charge",
        "# limit = ",
        "# stage = ",
        "#     { beyond",
        "# ]",
        "# do     = \"reward\"",
        "# do      = \"take-reward\"",
        "# layer ",
        "# amount = \"6.00\"",
        "# account = \"sam\"",
    ];
    let venue = template("venue");
    let mut found = vec![0; comments.len()];
    let mut take_in = |line: &str| {
        let at = comments.iter().position(|comment| line.starts_with(comment));
        at.map_or_else(
            || line.to_owned(),
            |at| {
                found[at] += 1;
                line[2..].to_owned()
            },
        )
    };
    let lines: Vec<String> = venue.lines().map(&mut take_in).collect();
    assert_eq!(found, [1, 1, 1, 1, 2, 1, 1, 1, 2, 1, 1]);
    let text = lines.join("\n").replace("# [[event]]", "[[event]]");
    let here = folder();
    fs::write(here.path().join("V.toml"), text).unwrap();
    let ran = done(here.path(), &["run", "V.toml", "--strict", "--quiet", "--out", "r"]);
    assert!(ran.stdout.contains("stakers of Stakers earn 6.00"), "{}", ran.stdout);
    done(here.path(), &["check", "r"]);
}

/// A class that no layer reads is no class: its holder would pay as if he had none. Each row: the
/// keys of the layer, the claims, the code or nothing, and the line that is marked.
#[test]
fn a_class_is_not_left_unread_in_silence() {
    let rows = "claims = [\n  { id = \"bob\", weight = \"9\" },\n  \
                { id = \"carol\", weight = \"9\", class = 2 },\n]";
    let file = "claims = { file = \"claims.csv\" }";
    let named = "claims = { file = \"claims.csv\", class = \"class\" }";
    let (with, without) = ("id,weight,class\nbob,9,1\ncarol,9,2\n", "id,weight\nbob,9\ncarol,9\n");
    let unread = Some("claims-class-unread");
    let cases = [
        ("", rows, "", unread, "carol"),
        ("classes = false\n", rows, "", None, ""),
        ("", file, with, unread, "claims.csv"),
        ("", file, without, None, ""),
        ("classes = false\n", file, with, None, ""),
        ("classes = false\n", named, with, unread, "class = \"class\""),
        ("classes = true\n", file, with, None, ""),
        ("", named, with, None, ""),
    ];
    for (keys, claims, csv, code, line) in cases {
        let text = format!(
            "asset = {{ name = \"EUR\", decimals = 0 }}\n[[loss]]\nid = \"small\"\ncause = \"x\"\n\
             amount = \"5\"\n[[step]]\nlayer = \"Winners\"\nkind = \"gains-haircut\"\n{keys}{claims}\n"
        );
        let (status, marked, told) = told(&text, csv);
        let expected = if code.is_some() { 2 } else { 0 };
        assert_eq!(status, expected, "{text}{told}");
        let Some(code) = code else { continue };
        assert!(told.starts_with(&format!("error[{code}]: ")), "{text}{told}");
        assert!(marked.contains(line), "{text}: marked {marked:?}\n{told}");
    }
}
