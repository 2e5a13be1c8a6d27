//! `docs/verify.py` and the program say the same of the same files, however a receipt is bent: what
//! one refuses the other does not let pass.

use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs};

use rhodian_proof::receipt::Receipt;
use rhodian_proof::verify;

use crate::stories::{policy, public};

/// Runs the script over many files in one process, and prints the status of each.
const DRIVER: &str = "
import contextlib, io, runpy, sys
script, key, *files = sys.argv[1:]
for file in files:
    sys.argv = [script, file, key]
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            runpy.run_path(script, run_name='__main__')
    except SystemExit as end:
        print(end.code)
";

/// The status the script ends with for each of `texts`; nothing where there is no python3.
pub fn python(texts: &[&str]) -> Option<Vec<i32>> {
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<_> = (0..texts.len()).map(|n| folder.path().join(format!("{n}.json"))).collect();
    for (file, text) in files.iter().zip(texts) {
        fs::write(file, text).unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/verify.py");
    let mut run = Command::new("python3");
    run.args(["-c", DRIVER]).arg(script).arg(public(1).to_string()).args(&files);
    match run.stdin(Stdio::null()).output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            let statuses: Vec<i32> = said.lines().map(|line| line.parse().unwrap()).collect();
            assert_eq!(statuses.len(), texts.len(), "{}", String::from_utf8_lossy(&output.stderr));
            Some(statuses)
        }
        Err(error) => {
            println!("skipped: python3 is not there ({error}): docs/verify.py was not run");
            None
        }
    }
}

/// What the program says: 0 proven, 1 not proven, 2 unreadable.
fn program(text: &str) -> i32 {
    match Receipt::from_json(text) {
        Ok(receipt) => i32::from(!verify::receipt(&receipt, &policy()).is_good()),
        Err(_) => 2,
    }
}

/// The places where a number begins and ends, as JSON has it or as a text of digits, without quotes.
fn numbers(text: &str) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let begins = matches!(bytes[at], b':' | b'[' | b',');
        let from = at + 1 + usize::from(bytes.get(at + 1) == Some(&b'"'));
        let digits = bytes[from.min(bytes.len())..].iter().take_while(|b| b.is_ascii_digit());
        let upto = from + digits.count();
        at += 1;
        if begins && upto > from && matches!(bytes.get(upto), Some(b'"' | b',' | b'}' | b']')) {
            found.push((from, upto));
        }
    }
    found
}

/// The ways to write a number that are none, or another: `%` is the number.
const NUMBERS: &[&str] =
    &[" %", "% ", "+%", "0%", "-%", "%_0", "%.0", "%e0", "\u{ff11}%", "", "null"];

/// What the whole of a file may be bent to: its name, and the text.
fn bent(text: &str) -> Vec<(String, String)> {
    let line = text.trim_end();
    let mut all: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, text: String| all.push((name.to_owned(), text));
    add("whole", text.to_owned());
    add("without a line feed", line.to_owned());
    for (name, end) in [
        ("two lines", "\n\n"),
        ("a return", "\r\n"),
        ("a space behind", " "),
        ("a word behind", "\nx"),
        ("a brace behind", "}"),
    ] {
        add(name, format!("{line}{end}"));
    }
    for (name, start) in [("a space before", " "), ("a mark before", "\u{feff}"), ("a line", "\n")]
    {
        add(name, format!("{start}{text}"));
    }
    for (from, to) in [
        (":", ": "),
        (",", ", "),
        ("{", "{ "),
        ("}", " }"),
        ("[", "[ "),
        (":", ":\t"),
        (",", ",\n"),
        ("false", "0"),
        ("false", "\"false\""),
        ("false", "null"),
        ("null", "0"),
        ("null", "false"),
        ("\"path\":[]", "\"path\":\"\""),
        ("\"path\":[", "\"path\":[null,"),
        ("[]", "\"\""),
        ("[]", "{}"),
        ("[]", "null"),
        ("\"sums\":[", "\"sums\":[\"0\","),
        ("\"form\"", "\"Form\""),
        ("rhodian-receipt-1", "rhodian-receipt-2"),
        ("\"form\"", "\"f\\u006frm\""),
        ("\"external_id\":\"", "\"external_id\":\"\\u0041"),
        ("-receipt", "\\u002dreceipt"),
        ("\"head\":{\"head\"", "\"head\":{\"x\":1,\"head\""),
        ("\"form\":\"rhodian-receipt-1\",", ""),
        ("\"form\":\"rhodian-receipt-1\",", "\"form\":\"x\",\"form\":\"rhodian-receipt-1\","),
        ("\"proportional\"", "\"-\""),
        ("\"proportional\"", "1"),
        ("\"default\"", "\"Default\""),
    ] {
        if text.contains(from) {
            add(&format!("{from} as {to}"), text.replacen(from, to, 1));
        }
    }
    let key = public(9);
    let signature = "0".repeat(128);
    for (name, witness) in [
        ("a witness", format!("{{\"key\":\"{key}\",\"signature\":\"{signature}\"}}")),
        (
            "a witness with more",
            format!("{{\"key\":\"{key}\",\"signature\":\"{signature}\",\"x\":1}}"),
        ),
        ("a short witness", format!("{{\"key\":\"{key}\",\"signature\":\"00\"}}")),
        (
            "a loud witness",
            format!("{{\"key\":\"{}\",\"signature\":\"{signature}\"}}", "AB".repeat(32)),
        ),
        ("half a witness", format!("{{\"key\":\"{key}\"}}")),
        ("no witness", "null".to_owned()),
    ] {
        let with = text.replacen("\"witnesses\":[", &format!("\"witnesses\":[{witness}"), 1);
        add(name, with);
    }
    for (at, _) in text.match_indices('}') {
        add(&format!("a field more at {at}"), format!("{},\"x\":0{}", &text[..at], &text[at..]));
    }
    for ((from, upto), way) in numbers(text).into_iter().zip(NUMBERS.iter().cycle()) {
        let (before, number, after) = (&text[..from], &text[from..upto], &text[upto..]);
        let name = format!("{way} at {from}");
        add(&name, format!("{before}{}{after}", way.replace('%', number)));
        // A number as a text, a text as a number.
        let bare = before.strip_suffix('"').zip(after.strip_prefix('"'));
        let other = match bare {
            Some((before, after)) => format!("{before}{number}{after}"),
            None => format!("{before}\"{number}\"{after}"),
        };
        add(&format!("another kind at {from}"), other);
    }
    all
}

#[test]
fn both_say_the_same_of_every_bent_receipt() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let (mut proven, mut unreadable) = (0, 0);
    for name in ["crash-bob.json", "third-wave.json", "touched.json", "staker.json", "ranked.json"]
    {
        let text = fs::read_to_string(folder.join(name)).unwrap();
        let all = bent(&text);
        let texts: Vec<&str> = all.iter().map(|(_, text)| text.as_str()).collect();
        let Some(statuses) = python(&texts) else { return };
        for ((what, text), status) in all.iter().zip(statuses) {
            let said = program(text);
            assert_eq!(status == 0, said == 0, "{name}, {what}: script {status}, program {said}");
            // What cannot be read is told apart from what is read and wrong.
            assert!(said != 2 || status == 2, "{name}, {what}: script {status}, program {said}");
            proven += usize::from(said == 0);
            unreadable += usize::from(said == 2);
        }
    }
    assert!(proven >= 6, "the whole, without a line feed, with a strange witness: {proven}");
    assert!(unreadable > 400, "{unreadable}");
}
