//! Reads a query; whoever wrote it hears where it goes wrong, and what would be right.

use std::ops::Range;

use super::lexer::{Placed, Quoted, Sign, signs};
use super::number;
use super::{Ending, Flag, LONGEST, Owner, Party, Phrase, Query, QueryFault, Term, Thing, words};
use crate::domain::address::Address;
use crate::domain::clock::Timestamp;
use crate::domain::gateway::ChannelKind;
use crate::domain::status::Status;

/// The fields that a query may name.
const FIELDS: [&str; 11] = [
    "from", "to", "channel", "gateway", "tag", "assignee", "is", "has", "before", "after", "status",
];

/// How deep parentheses may lie in one another.
const DEEPEST: usize = 16;

/// How many conditions a query may have: each is a look into the index.
const TERMS: usize = 40;

/// The shortest beginning that may be searched for, in characters.
const BEGINNING: usize = 3;

/// Reads a query; `country` (ISO 3166-1 alpha-2) is that of numbers written without one.
///
/// # Errors
///
/// Says at which character it goes wrong, what is expected there, and which known word is near.
pub fn parse(query: &str, country: &str) -> Result<Query, QueryFault> {
    if query.chars().count() > LONGEST {
        let reason = format!("the query is longer than {LONGEST} characters");
        return Err(QueryFault::new(
            query,
            &(0..query.len()),
            reason,
            "a shorter one",
        ));
    }
    let mut parser = Parser {
        query,
        country,
        signs: signs(query)?,
        at: 0,
        depth: 0,
        terms: 0,
        in_number: false,
    };
    let found = parser.any()?;
    if let Some((_, place)) = parser.signs.get(parser.at) {
        let reason = "there is no ( for this )";
        return Err(QueryFault::new(
            query,
            place,
            reason,
            "( before it, or none",
        ));
    }
    found.ok_or_else(|| {
        let reason = "there is nothing to look for";
        let expected = "a word with letters or digits, or a field such as from:ann";
        QueryFault::new(query, &(0..query.len()), reason, expected)
    })
}

struct Parser<'q> {
    query: &'q str,
    country: &'q str,
    signs: Vec<Placed>,
    at: usize,
    depth: usize,
    terms: usize,
    /// Whether these are the groups of a number, which are no number themselves.
    in_number: bool,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Sign> {
        self.signs.get(self.at).map(|(sign, _)| sign)
    }

    fn fault(&self, place: &Range<usize>, reason: &str, expected: &str) -> QueryFault {
        QueryFault::new(self.query, place, reason, expected)
    }

    /// Alternatives, down to a `)` or the end.
    fn any(&mut self) -> Result<Option<Query>, QueryFault> {
        let mut parts = Vec::from_iter(self.all()?);
        while let Some(Sign::Or) = self.peek() {
            let place = self.signs[self.at].1.clone();
            let expected = "a term on both sides, or \"OR\" in quotes";
            let is_first =
                self.at == 0 || matches!(self.signs[self.at - 1].0, Sign::Open | Sign::Or);
            self.at += 1;
            if is_first || matches!(self.peek(), None | Some(Sign::Close)) {
                return Err(self.fault(&place, "OR joins nothing here", expected));
            }
            parts.extend(self.all()?);
        }
        Ok(Query::any(parts))
    }

    /// Terms side by side, down to an `OR`, a `)` or the end.
    fn all(&mut self) -> Result<Option<Query>, QueryFault> {
        let mut parts = Vec::new();
        loop {
            match self.peek() {
                None | Some(Sign::Or | Sign::Close) => return Ok(Query::all(parts)),
                Some(Sign::And) => self.and()?,
                Some(
                    Sign::Open | Sign::Not | Sign::Word(_) | Sign::Phrase(_) | Sign::Field { .. },
                ) => {
                    let number = self.number()?;
                    parts.extend(match number {
                        Some(number) => Some(number),
                        None => self.one()?,
                    });
                }
            }
        }
    }

    /// An AND, which says nothing that terms side by side do not.
    fn and(&mut self) -> Result<(), QueryFault> {
        let before = self.at.checked_sub(1).map(|at| &self.signs[at].0);
        let is_first = matches!(before, None | Some(Sign::Open | Sign::Or | Sign::And));
        let place = self.signs[self.at].1.clone();
        self.at += 1;
        if is_first || matches!(self.peek(), None | Some(Sign::Close | Sign::Or)) {
            let expected = "a term on both sides, or \"AND\" in quotes";
            return Err(self.fault(&place, "AND joins nothing here", expected));
        }
        Ok(())
    }

    /// One term, or what parentheses hold; nothing for a word without letters and digits.
    fn one(&mut self) -> Result<Option<Query>, QueryFault> {
        let (sign, place) = self.signs[self.at].clone();
        self.at += 1;
        match sign {
            Sign::Open => self.inside(&place),
            Sign::Not => match self.peek() {
                None | Some(Sign::Or | Sign::And | Sign::Close) => {
                    Err(self.fault(&place, "- takes nothing back here", "a term behind it"))
                }
                Some(_) => {
                    self.deeper(&place)?;
                    let inner = self.one()?;
                    self.depth -= 1;
                    Ok(inner.map(Query::not))
                }
            },
            Sign::Word(word) => self.word(&word, &place),
            Sign::Phrase(phrase) => self.counted(phrase_of(&phrase, Ending::Exact), &place),
            Sign::Field {
                name,
                named,
                value,
                quoted,
                valued,
            } => {
                let term = self.field(&name, &named, value.trim(), quoted, &valued)?;
                self.counted(Some(term), &place)
            }
            // `any` and `all` stop at these.
            Sign::Or | Sign::And | Sign::Close => Ok(None),
        }
    }

    /// A phone number that is written in groups and without quotes, as it is pasted from elsewhere:
    /// whatever has the number, and whatever has its groups as words of their own.
    fn number(&mut self) -> Result<Option<Query>, QueryFault> {
        let (from, rest) = (self.at, &self.signs[self.at..]);
        let start = rest[0].1.start;
        let Some(length) = number::written(&self.query[start..], self.country) else {
            return Ok(None);
        };
        let end = start + length;
        let count = rest.iter().take_while(|(_, at)| at.end <= end).count();
        let signs = &rest[..count];
        let plain = |(sign, _): &Placed| matches!(sign, Sign::Open | Sign::Close | Sign::Word(_));
        let is_whole = signs.last().is_some_and(|(_, at)| at.end == end);
        if self.in_number || !is_whole || !signs.iter().all(plain) {
            return Ok(None);
        }
        let mut groups = Parser {
            signs: signs.to_vec(),
            at: 0,
            in_number: true,
            ..*self
        };
        // Parentheses that reach beyond the number are none of its own.
        let Ok(apart) = groups.any() else {
            return Ok(None);
        };
        self.terms = groups.terms;
        self.at = from + count;
        let whole = phrase_of(&self.query[start..end], Ending::Exact);
        let whole = self.counted(whole, &(start..end))?;
        Ok(Query::any(whole.into_iter().chain(apart).collect()))
    }

    fn inside(&mut self, open: &Range<usize>) -> Result<Option<Query>, QueryFault> {
        self.deeper(open)?;
        let inner = self.any()?;
        self.depth -= 1;
        if self.peek() != Some(&Sign::Close) {
            return Err(self.fault(open, "there is no ) for this (", ") at its end"));
        }
        self.at += 1;
        Ok(inner)
    }

    fn deeper(&mut self, place: &Range<usize>) -> Result<(), QueryFault> {
        self.depth += 1;
        if self.depth > DEEPEST {
            let expected = format!("at most {DEEPEST} of them in one another");
            return Err(self.fault(place, "too many parentheses", &expected));
        }
        Ok(())
    }

    fn counted(
        &mut self,
        term: Option<Term>,
        place: &Range<usize>,
    ) -> Result<Option<Query>, QueryFault> {
        self.terms += 1;
        if self.terms > TERMS {
            let expected = format!("at most {TERMS}");
            return Err(self.fault(place, "too many terms", &expected));
        }
        Ok(term.map(Query::Term))
    }

    fn word(&mut self, word: &str, place: &Range<usize>) -> Result<Option<Query>, QueryFault> {
        let Some(beginning) = word.strip_suffix('*') else {
            return self.counted(phrase_of(word, Ending::Exact), place);
        };
        let term = phrase_of(beginning, Ending::Open);
        if let Some(Term::Words(phrase)) = &term {
            let last = phrase.words.last().map_or(0, |word| word.chars().count());
            if last < BEGINNING {
                let expected = format!("at least {BEGINNING} letters before the *");
                return Err(self.fault(place, "the beginning is too short", &expected));
            }
        }
        self.counted(term, place)
    }

    fn field(
        &self,
        name: &str,
        named: &Range<usize>,
        value: &str,
        quoted: Quoted,
        valued: &Range<usize>,
    ) -> Result<Term, QueryFault> {
        if !FIELDS.contains(&name) {
            let mut fault = QueryFault::unknown(self.query, named, "field", &FIELDS);
            fault.expected.push_str("; or the text in quotes");
            return Err(fault);
        }
        if value.is_empty() {
            let place = named.start..valued.end;
            let expected =
                "a value right behind the colon, in quotes if it has spaces or parentheses";
            return Err(self.fault(&place, &format!("{name}: has no value"), expected));
        }
        let lower = value.to_lowercase();
        let unknown = |what: &str, known: &[&'static str]| {
            QueryFault::unknown(self.query, valued, what, known)
        };
        Ok(match name {
            "from" => Term::From(self.party(value, valued)?),
            "to" => Term::To(self.party(value, valued)?),
            "gateway" => Term::Gateway(lower),
            "tag" => Term::Tag(value.to_owned()),
            "assignee" => Term::Assignee(match (lower.as_str(), quoted) {
                ("me", Quoted::No) => Owner::Me,
                ("none", Quoted::No) => Owner::Nobody,
                _ => Owner::Named(self.named(value, valued)?),
            }),
            "channel" => {
                let found = [ChannelKind::Sms, ChannelKind::Email];
                let found = found.into_iter().find(|kind| kind.as_str() == lower);
                Term::Channel(found.ok_or_else(|| unknown("channel", &["sms", "email"]))?)
            }
            "is" => Term::Is(Flag::from_name(&lower).ok_or_else(|| {
                unknown(
                    "state",
                    &Flag::ALL
                        .iter()
                        .map(|flag| flag.as_str())
                        .collect::<Vec<_>>(),
                )
            })?),
            "has" => Term::Has(Thing::from_name(&lower).ok_or_else(|| {
                unknown(
                    "thing",
                    &Thing::ALL
                        .iter()
                        .map(|thing| thing.as_str())
                        .collect::<Vec<_>>(),
                )
            })?),
            "before" => Term::Before(self.time(value, valued)?),
            "after" => Term::After(self.time(value, valued)?),
            "status" => Term::Status(
                Status::from_name(&lower)
                    .ok_or_else(|| unknown("status", &Status::ALL.map(Status::as_str)))?,
            ),
            other => unreachable!("{other} is in the list of fields and is not read"),
        })
    }

    fn party(&self, value: &str, place: &Range<usize>) -> Result<Party, QueryFault> {
        if let Ok(mailbox) = Address::parse_email(value) {
            return Ok(Party::Address(mailbox));
        }
        let words = self.named(value, place)?;
        let digits: usize = words.iter().map(String::len).sum();
        let is_number = words
            .iter()
            .all(|word| word.bytes().all(|b| b.is_ascii_digit()));
        if is_number && digits >= BEGINNING {
            let number = words.concat();
            let with_country = value.starts_with('+').then(|| format!("+{number}"));
            let mut ways = with_country.into_iter().chain([number]);
            let found = ways.find_map(|way| Address::parse_sms(&way, self.country).ok());
            if let Some(number) = found {
                return Ok(Party::Address(number));
            }
        }
        Ok(Party::Named(words))
    }

    fn named(&self, value: &str, place: &Range<usize>) -> Result<Vec<String>, QueryFault> {
        let found = words::bare(value);
        if found.is_empty() {
            return Err(self.fault(place, "there is no name", "letters or digits"));
        }
        Ok(found)
    }

    fn time(&self, value: &str, place: &Range<usize>) -> Result<Timestamp, QueryFault> {
        let day = || {
            let day: jiff::civil::Date = value.parse().ok().filter(|_| value.len() == 10)?;
            let midnight = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
            Some(Timestamp(midnight.timestamp().as_microsecond()))
        };
        let found = day().or_else(|| value.parse().ok());
        found.filter(|at: &Timestamp| at.0 >= 0).ok_or_else(|| {
            let expected = "a day such as 2026-11-21, or a time such as 2026-11-21T09:30:00Z";
            self.fault(place, "this is no time", expected)
        })
    }
}

fn phrase_of(text: &str, ending: Ending) -> Option<Term> {
    let words = words::bare(text);
    (!words.is_empty()).then_some(Term::Words(Phrase { words, ending }))
}
