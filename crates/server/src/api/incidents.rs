//! The report of an episode, told from the journal: JSON, tables, and the page that is handed on.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use rhodian_core::engine::State as Core;
use rhodian_core::ids::EpisodeId;
use rhodian_journal::{History, Reader};
use rhodian_report::html::incident_page;
use rhodian_report::incident::{Incident, Origin, Teller, tables};

use super::endpoint;
use super::{Door, args};
use crate::access::Level;
use crate::problem::Problem;

/// The forms of a report.
const FORMS: [&str; 4] = ["json", "html", "payers", "timeline"];

/// `GET /v1/episodes/{episode}/incident`: the report as it stands now. The cost is a pass over the
/// journal.
pub async fn incident(State(door): State<Arc<Door>>, request: Request) -> Response {
    let answered = async {
        let (caller, args, _) = endpoint::read(request).await?;
        // It names who paid.
        endpoint::must_call(caller)?.may_read(Level::Everyone)?;
        args::known(&args, ["episode", "form"].into_iter())?;
        let episode = EpisodeId(args.must("episode")?);
        let form: String = args.maybe("form")?.unwrap_or_else(|| FORMS[0].to_owned());
        if !FORMS.contains(&form.as_str()) {
            let detail = format!("form is one of {}, not {form}", FORMS.join(", "));
            return Err(Problem::new("parameter-not-read", detail));
        }
        // It is held until the journal was read, even if the caller leaves.
        let pass = door.pass()?;
        let (state, upto) = {
            let view = door.follower.read();
            (view.state.clone(), view.sequence)
        };
        let reader = door.reader.clone();
        let telling = move || {
            let _pass = pass;
            told(&reader, &state, episode, upto)
        };
        let told = tokio::task::spawn_blocking(telling).await;
        let incident = told.map_err(|error| Problem::new("not-stored", error.to_string()))??;
        Ok::<_, Problem>(shown(&incident, &form))
    };
    answered.await.unwrap_or_else(IntoResponse::into_response)
}

/// The episode of `state`, which stands after the event `upto` of the journal.
fn told(reader: &Reader, state: &Core, episode: EpisodeId, upto: u64) -> Result<Incident, Problem> {
    let not_read = |error: rhodian_journal::Error| {
        Problem::new("not-stored", format!("the journal could not be read: {error}"))
    };
    let mut teller = Teller::new(state, episode, Origin::Unix)
        .ok_or_else(|| Problem::not_found("episode", episode))?;
    for batch in reader.read_from(1).map_err(not_read)? {
        let batch = batch.map_err(not_read)?;
        let records = batch.entries.iter().flat_map(|entry| &entry.records);
        let events = records.flat_map(|record| &record.events);
        for (sequence, event) in (batch.first..=upto).zip(events) {
            teller.follow(sequence, event);
        }
    }
    Ok(teller.finish())
}

fn shown(incident: &Incident, form: &str) -> Response {
    let csv = [(header::CONTENT_TYPE, "text/csv; charset=utf-8")];
    match form {
        "payers" => (csv, tables::payers(incident)).into_response(),
        "timeline" => (csv, tables::timeline(incident)).into_response(),
        "html" => {
            // The page is whole in itself: its style stands in it, and it runs nothing.
            let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
            let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
            let mut response = (kind, incident_page(incident)).into_response();
            let policy = HeaderValue::from_static(policy);
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
            response
        }
        _ => endpoint::json(serde_json::to_vec(incident).unwrap_or_default()),
    }
}
