//! A result in every form of the grammar: written into `--out` as files of one name, and to standard
//! output in the form that `--format` asks for.

use serde::Serialize;

use crate::diagnostic::Diagnostic;
use crate::out_folder::{OutFolder, Results};
use crate::output::{Format, OutputArgs, data_to_stdout, to_stdout};
use crate::terminal::visible;

/// A result in every form.
#[derive(Debug)]
pub struct Forms {
    /// The name of its files, without their ending.
    pub name: &'static str,
    /// For the eye.
    pub text: String,
    /// A table.
    pub csv: String,
    /// Over several lines.
    pub json: Vec<u8>,
    /// An object a line.
    pub ndjson: String,
}

/// `value` as JSON over several lines.
#[must_use]
pub fn pretty(value: &impl Serialize) -> Vec<u8> {
    // Results are plain data with text keys, so they always have a JSON form.
    let mut json = serde_json::to_vec_pretty(value).unwrap_or_default();
    json.push(b'\n');
    json
}

impl Forms {
    /// Writes the folder whole, then the result, then says what was written.
    pub fn publish(&self, output: &OutputArgs, results: Results) -> Result<(), Diagnostic> {
        if let Some(target) = &output.out {
            let folder = OutFolder::begin(target, output.force, results)?;
            let files = [
                ("txt", self.text.as_bytes()),
                ("csv", self.csv.as_bytes()),
                ("json", self.json.as_slice()),
            ];
            for (ending, bytes) in files {
                folder.write(&format!("{}.{ending}", self.name), |out| out.write_all(bytes))?;
            }
            folder.commit()?;
        }
        match output.format {
            Format::Text => to_stdout(|out| out.write_all(self.text.as_bytes()))?,
            Format::Csv => data_to_stdout(|out| out.write_all(self.csv.as_bytes()))?,
            Format::Json => data_to_stdout(|out| out.write_all(&self.json))?,
            Format::Ndjson => data_to_stdout(|out| out.write_all(self.ndjson.as_bytes()))?,
        }
        if let Some(target) = &output.out {
            let (name, target) = (self.name, target.display().to_string());
            let files = format!("{name}.txt, {name}.csv and {name}.json");
            output.remark(format!("wrote {files} into {}", visible(&target)));
        }
        Ok(())
    }
}
