//! Contacts from a list: CSV with a header line.

use std::collections::BTreeMap;

use axum::Json as Answer;
use axum::body::Bytes;
use axum::extract::State;
use serde::Serialize;

use super::request::{LONGEST_KEY, LONGEST_NAME, LONGEST_VALUE, language, time_zone};
use crate::api::{Api, address_of, csv};
use crate::domain::contact::ContactPatch;
use crate::domain::id::ContactId;
use crate::engine::{Earnest, ImportLine, Imported};
use crate::http::auth::Writer;
use crate::http::fields::truth;
use crate::http::problem::{FieldError, Problem};
use crate::http::{Fields, Query, Read};

/// The most lines of a list.
const MOST_LINES: usize = 10_000;

/// How an import is done.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Manner {
    /// True to be told what would be done, and do nothing.
    #[param(value_type = Option<bool>, default = false)]
    dry_run: bool,
}

impl Read for Manner {
    fn read(fields: &mut Fields) -> Option<Self> {
        let dry_run = fields.optional("dry_run", truth).unwrap_or(false);
        Some(Self { dry_run })
    }
}

/// What became of a list of contacts.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
pub(crate) struct ImportReport {
    /// Whether nothing was done, and this is what would be.
    dry_run: bool,
    /// How many contacts were made.
    created: usize,
    /// How many were changed.
    changed: usize,
    /// How many were so already.
    unchanged: usize,
    /// How many lines were refused.
    refused: usize,
    /// Each line below the header, in order.
    lines: Vec<LineReport>,
}

/// What became of a line.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct LineReport {
    /// Which one; the header is line 1.
    #[schema(example = 2)]
    line: usize,
    /// `created`, `changed`, `unchanged` or `refused`.
    #[schema(example = "created")]
    outcome: &'static str,
    /// The contact's id; of one that would be made there is none.
    #[schema(value_type = Option<String>)]
    contact: Option<ContactId>,
    /// Why it was refused.
    reason: Option<String>,
}

/// Takes contacts over from CSV (RFC 4180, UTF-8) with a header line.
///
/// Columns: `name`, `phone`, `email`, `address` (each may come several times, or hold several
/// addresses between semicolons), `language`, `time_zone`, `opted_out` (`true` enters them in the
/// ledger of opt-outs, for all senders), and `field.NAME` for fields of one's own. An empty cell
/// says nothing. A contact who has one of the addresses is changed and gets the others; the rest
/// are made. Doing it again changes nothing.
#[utoipa::path(
    post, path = "/v1/contacts/import", operation_id = "importContacts", tag = "contacts",
    params(Manner),
    request_body(content = String, content_type = "text/csv", example = "name,phone,email,field.plan\r\nAnn Example,+1 202 555 0123,ann@example.com,basic\r\n"),
    responses((status = 200, description = "What became of each line", body = ImportReport))
)]
pub(in crate::api) async fn import(
    State(api): State<Api>,
    Writer(principal): Writer,
    Query(manner): Query<Manner>,
    body: Bytes,
) -> Result<Answer<ImportReport>, Problem> {
    let (columns, rows) = table(&body)?;
    let read: Vec<Result<ImportLine, String>> = rows
        .iter()
        .map(|cells| line(&columns, cells, &api.country))
        .collect();
    let sound: Vec<ImportLine> = read.iter().filter_map(|one| one.clone().ok()).collect();
    let earnest = if manner.dry_run {
        Earnest::Rehearsal
    } else {
        Earnest::Real
    };
    let mut done = api
        .engine
        .import_contacts(&sound, earnest, &principal)
        .await?
        .into_iter();
    let mut report = ImportReport {
        dry_run: manner.dry_run,
        ..ImportReport::default()
    };
    for (nth, one) in read.into_iter().enumerate() {
        let became = match one {
            Ok(_) => done.next().expect("each sound line has a result"),
            Err(reason) => Imported::Refused(reason),
        };
        report.add(nth + 2, became);
    }
    Ok(Answer(report))
}

impl ImportReport {
    fn add(&mut self, line: usize, became: Imported) {
        let (count, outcome, contact, reason) = match became {
            Imported::Created(id) => {
                let kept = (!self.dry_run).then_some(id);
                (&mut self.created, "created", kept, None)
            }
            Imported::Changed(id) => (&mut self.changed, "changed", Some(id), None),
            Imported::Unchanged(id) => (&mut self.unchanged, "unchanged", Some(id), None),
            Imported::Refused(why) => (&mut self.refused, "refused", None, Some(why)),
        };
        *count += 1;
        self.lines.push(LineReport {
            line,
            outcome,
            contact,
            reason,
        });
    }
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Column {
    Name,
    Address,
    Language,
    TimeZone,
    OptedOut,
    Field(String),
}

impl Column {
    fn of(title: &str) -> Result<Self, String> {
        let title = title.trim().trim_start_matches('\u{feff}');
        if let Some(name) = title.strip_prefix("field.") {
            let sound = (1..=LONGEST_KEY).contains(&name.chars().count());
            return sound.then(|| Self::Field(name.to_owned())).ok_or_else(|| {
                format!("has a field whose name is not 1 to {LONGEST_KEY} characters")
            });
        }
        match title.to_lowercase().as_str() {
            "name" => Ok(Self::Name),
            "phone" | "email" | "address" => Ok(Self::Address),
            "language" => Ok(Self::Language),
            "time_zone" => Ok(Self::TimeZone),
            "opted_out" => Ok(Self::OptedOut),
            _ => Err(format!(
                "has the column {title:?}; there are name, phone, email, address, language, time_zone, opted_out and field.NAME"
            )),
        }
    }
}

fn table(body: &[u8]) -> Result<(Vec<Column>, Vec<Vec<String>>), Problem> {
    let wrong = |detail: String| Problem::field("", detail);
    let text = std::str::from_utf8(body).map_err(|_| wrong("is not UTF-8".to_owned()))?;
    let mut rows = csv::read(text).map_err(wrong)?;
    if rows.is_empty() {
        return Err(wrong("is empty; begin with a line of titles".to_owned()));
    }
    let titles = rows.remove(0);
    if rows.len() > MOST_LINES {
        return Err(wrong(format!(
            "has more than {MOST_LINES} lines; send it in parts"
        )));
    }
    let (mut columns, mut faults) = (Vec::new(), Vec::new());
    for title in &titles {
        match Column::of(title) {
            Ok(column) => columns.push(column),
            Err(detail) => faults.push(FieldError {
                pointer: String::new(),
                detail,
            }),
        }
    }
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    if !columns.contains(&Column::Address) {
        return Err(wrong("has no column phone, email or address".to_owned()));
    }
    Ok((columns, rows))
}

fn line(columns: &[Column], cells: &[String], country: &str) -> Result<ImportLine, String> {
    if cells.len() != columns.len() {
        return Err(format!(
            "has {} cells; the header has {}",
            cells.len(),
            columns.len()
        ));
    }
    let mut read = ImportLine {
        patch: ContactPatch::default(),
        addresses: Vec::new(),
        opted_out: false,
    };
    let mut fields = BTreeMap::new();
    for (column, cell) in columns.iter().zip(cells) {
        let cell = cell.trim();
        if cell.is_empty() {
            continue;
        }
        let short = |most: usize| {
            let fits = cell.chars().count() <= most && !cell.contains('\0');
            fits.then(|| cell.to_owned())
                .ok_or_else(|| format!("has a cell of more than {most} characters"))
        };
        match column {
            Column::Name => read.patch.name = Some(Some(short(LONGEST_NAME)?)),
            Column::Address => {
                for one in cell.split(';').map(str::trim).filter(|one| !one.is_empty()) {
                    let address =
                        address_of(one, country).map_err(|fault| format!("{one:?} {fault}"))?;
                    if !read.addresses.contains(&address) {
                        read.addresses.push(address);
                    }
                }
            }
            Column::Language => {
                let known =
                    language(cell).ok_or_else(|| format!("{cell:?} is no language such as en"))?;
                read.patch.language = Some(Some(known));
            }
            Column::TimeZone => {
                let known = time_zone(cell)
                    .ok_or_else(|| format!("{cell:?} is no time zone such as Europe/Berlin"))?;
                read.patch.time_zone = Some(Some(known));
            }
            Column::OptedOut => match cell.to_lowercase().as_str() {
                "true" | "yes" | "1" => read.opted_out = true,
                "false" | "no" | "0" => {}
                _ => return Err(format!("opted_out is {cell:?}, neither true nor false")),
            },
            Column::Field(name) => {
                fields.insert(name.clone(), Some(short(LONGEST_VALUE)?));
            }
        }
    }
    read.patch.fields = fields;
    if read.addresses.is_empty() {
        return Err("has no address".to_owned());
    }
    Ok(read)
}
