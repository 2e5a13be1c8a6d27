//! Arguments that clap refuses, in the words and the form of every other error.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::diagnostic::Diagnostic;
use crate::terminal::{fit, visible};

/// What is wrong with the arguments; nothing where they ask for help or the version, which is no
/// error.
///
/// ```
/// use clap::Parser;
/// use rhodian_cli::{cli::Cli, usage::refused};
/// let wrong = Cli::try_parse_from(["rhodian", "share", "a.toml", "--format", "xml"]);
/// let error = refused(&wrong.unwrap_err()).unwrap();
/// assert_eq!(error.code, "usage-invalid-value");
/// assert_eq!(error.message, "--format cannot be \"xml\"");
/// let help = Cli::try_parse_from(["rhodian", "--help"]);
/// assert!(refused(&help.unwrap_err()).is_none());
/// ```
#[must_use]
pub fn refused(error: &clap::Error) -> Option<Diagnostic> {
    let told = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => return None,
        ErrorKind::MissingSubcommand
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
        | ErrorKind::InvalidSubcommand => command(error),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => value(error),
        ErrorKind::UnknownArgument => unknown(error),
        ErrorKind::MissingRequiredArgument => missing(error),
        ErrorKind::ArgumentConflict => conflict(error),
        _ => other(error),
    };
    Some(if told.place.is_none() { told.at(called(error)) } else { told })
}

/// The texts of a part of what clap knows.
fn texts(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}

fn first(error: &clap::Error, kind: ContextKind) -> Option<String> {
    texts(error, kind).into_iter().next()
}

/// The command that was called, by its words: `rhodian share`.
fn called(error: &clap::Error) -> String {
    let usage = match error.get(ContextKind::Usage) {
        Some(ContextValue::StyledStr(usage)) => usage.to_string(),
        _ => String::new(),
    };
    let words = usage.split_whitespace().skip_while(|word| word.ends_with(':'));
    let plain = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    // The program's own name comes first, whatever it was called by.
    let words = words.skip(1).take_while(|word| plain(word) && !word.starts_with('-'));
    std::iter::once("rhodian").chain(words).collect::<Vec<_>>().join(" ")
}

/// An argument as clap shows it, without the name of its value: `--loss <N>` is `--loss`.
fn bare(argument: &str) -> String {
    let name = argument.split([' ', '=']).next().unwrap_or(argument);
    let name = if name.starts_with('-') { name } else { argument.trim_matches(['<', '>']) };
    visible(name).into_owned()
}

fn ask_help(error: &clap::Error) -> String {
    format!("`{} --help` shows what it takes.", called(error))
}

fn command(error: &clap::Error) -> Diagnostic {
    let known = texts(error, ContextKind::ValidSubcommand);
    let help = match first(error, ContextKind::SuggestedSubcommand) {
        Some(near) => format!("did you mean {near}?"),
        None if known.is_empty() => ask_help(error),
        None => format!("give one of {}.", known.join(", ")),
    };
    match first(error, ContextKind::InvalidSubcommand) {
        Some(word) => {
            let message = format!("there is no command \"{}\"", fit(&word, 48));
            Diagnostic::bad_input("usage-unknown-command", message, help)
        }
        None => Diagnostic::bad_input("usage-missing-command", "no command is given", help),
    }
}

fn value(error: &clap::Error) -> Diagnostic {
    let argument = first(error, ContextKind::InvalidArg).unwrap_or_default();
    let argument = bare(&argument);
    let found = first(error, ContextKind::InvalidValue).unwrap_or_default();
    let known: Vec<String> = texts(error, ContextKind::ValidValue);
    let one_of = format!("it is one of {}.", known.join(", "));
    let help = match first(error, ContextKind::SuggestedValue) {
        Some(near) => format!("did you mean {near}? {one_of}", one_of = capital(&one_of)),
        None if known.is_empty() => match std::error::Error::source(error) {
            Some(why) => format!("{}.", visible(&why.to_string().replace("..=", " to "))),
            None => ask_help(error),
        },
        None => one_of,
    };
    if found.is_empty() {
        let message = format!("{argument} has no value");
        return Diagnostic::bad_input("usage-missing-value", message, help).at(argument);
    }
    let message = format!("{argument} cannot be \"{}\"", fit(&found, 48));
    Diagnostic::bad_input("usage-invalid-value", message, help).at(argument)
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |c| c.to_uppercase().chain(letters).collect())
}

fn unknown(error: &clap::Error) -> Diagnostic {
    let found = first(error, ContextKind::InvalidArg).unwrap_or_default();
    let help = match first(error, ContextKind::SuggestedArg) {
        Some(near) => format!("did you mean {}?", bare(&near)),
        None => ask_help(error),
    };
    let what = if found.starts_with('-') { "option" } else { "place for" };
    let message = format!("there is no {what} \"{}\"", fit(&found, 48));
    Diagnostic::bad_input("usage-unknown-argument", message, help)
}

fn missing(error: &clap::Error) -> Diagnostic {
    let names: Vec<String> =
        texts(error, ContextKind::InvalidArg).iter().map(|name| bare(name)).collect();
    let verb = if names.len() == 1 { "is" } else { "are" };
    let message = format!("{} {verb} missing", names.join(", "));
    Diagnostic::bad_input("usage-missing-argument", message, ask_help(error))
}

fn conflict(error: &clap::Error) -> Diagnostic {
    let found = bare(&first(error, ContextKind::InvalidArg).unwrap_or_default());
    let others: Vec<String> =
        texts(error, ContextKind::PriorArg).iter().map(|name| bare(name)).collect();
    if others.is_empty() || others.contains(&found) {
        let message = format!("{found} is given twice");
        return Diagnostic::bad_input("usage-given-twice", message, "give it once.");
    }
    let message = format!("{found} does not go with {}", others.join(", "));
    Diagnostic::bad_input("usage-conflict", message, ask_help(error))
}

/// What is rare, in clap's own words.
fn other(error: &clap::Error) -> Diagnostic {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    let message = line.strip_prefix("error: ").unwrap_or(line);
    Diagnostic::bad_input("usage-refused", visible(message), ask_help(error))
}
