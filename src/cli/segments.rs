//! `postern segments`: the same numbers as `POST /v1/segments`.

use std::io::{self, Read};

use super::{CliFault, output};
use crate::sms::{Segmentation, segment};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The text; - or nothing reads standard input, of which every character counts
    #[arg(allow_hyphen_values = true)]
    text: Option<String>,
    /// Print one JSON object, as the API does
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: Arguments) -> Result<(), CliFault> {
    let text = match arguments.text {
        Some(text) if text != "-" => text,
        Some(_) | None => read_text()?,
    };
    let counted = segment(&text);
    if arguments.json {
        let json = serde_json::to_string(&counted).map_err(anyhow::Error::new)?;
        return output::print(&json);
    }
    output::print(&table(&counted))
}

fn read_text() -> Result<String, CliFault> {
    let mut text = String::new();
    io::stdin()
        .lock()
        .read_to_string(&mut text)
        .map_err(|error| CliFault::Usage(format!("standard input is not a text: {error}")))?;
    if text.ends_with('\n') {
        output::talk("note: the line end at the end of standard input counts as a character");
    }
    Ok(text)
}

fn table(counted: &Segmentation) -> String {
    let mut lines = vec![
        format!("encoding:    {}", counted.encoding.as_str()),
        format!("units:       {}", counted.units),
        format!("segments:    {}", counted.segments),
        format!("per segment: {}", counted.per_segment),
        format!("remaining:   {}", counted.remaining),
    ];
    if !counted.forcing.is_empty() {
        let named: Vec<String> = counted.forcing.iter().copied().map(name).collect();
        lines.push(format!("forcing:     {}", named.join(", ")));
    }
    lines.join("\n")
}

/// The code point, and the character where it can be shown.
fn name(character: char) -> String {
    let code = u32::from(character);
    if output::steers(character) {
        format!("U+{code:04X}")
    } else {
        format!("U+{code:04X} {character}")
    }
}
