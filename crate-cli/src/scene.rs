//! `overlay scene`: what the lecture's figures do, without a screen.

use overlay_core::lecture::story::{STORIES, Story};
use overlay_core::lecture::{SCENES, Scene};
use overlay_core::sim::lab::Lab;
use overlay_core::sim::show::Show;
use overlay_core::sim::show::words::moment;
use overlay_core::sim::words::sentences;
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{Format, SceneTask};

pub(crate) fn run(task: &SceneTask) -> Outcome {
    match task {
        SceneTask::List => Ok(list()),
        SceneTask::Run { name, format } => {
            if let Some(story) = Story::find(name) {
                return Ok(story_text(story, *format));
            }
            let scene = Scene::find(name)
                .ok_or_else(|| format!("There is no scene “{name}”; `overlay scene list` names them."))?;
            let mut lab = scene.start();
            while lab.step() {}
            Ok(match format {
                Format::Text => format!("{}{}\n", lab.trace_text(scene.digits), lab.trace_hash()),
                Format::Json => format!("{:#}\n", as_json(scene, &lab)),
            })
        }
    }
}

fn list() -> String {
    let stories = STORIES.iter().map(|story| (story.name, story.title));
    let all: Vec<_> = SCENES.iter().map(|scene| (scene.name, scene.title)).chain(stories).collect();
    let width = all.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    all.iter().map(|(name, title)| format!("{name:width$}  {title}\n")).collect()
}

/// What happens at each stop of a world.
fn steps(show: &mut dyn Show) -> Vec<(u64, String)> {
    let mut steps = Vec::new();
    while show.step() {
        steps.push(((show.clock() - show.origin()).0, moment(show)));
    }
    steps
}

/// A figure of worlds side by side, world by world.
fn story_text(story: &Story, format: Format) -> String {
    let worlds = story.start(&[]).into_iter().map(|mut stand| {
        let (steps, hash) = (steps(&mut *stand.show), stand.show.trace_hash());
        (stand.title, stand.show.node_count(), steps, hash)
    });
    match format {
        Format::Text => worlds
            .map(|(title, _, steps, hash)| {
                let line = |(at_us, text): &(u64, String)| format!("{:>10.3} ms  {text}\n", *at_us as f64 / 1e3);
                format!("{title}\n{}{hash}\n", steps.iter().map(line).collect::<String>())
            })
            .collect(),
        Format::Json => {
            let worlds: Vec<Value> = worlds
                .map(|(title, nodes, steps, hash)| {
                    let steps: Vec<_> =
                        steps.iter().map(|(at_us, text)| json!({ "at_us": at_us, "text": text })).collect();
                    json!({ "world": title, "nodes": nodes, "steps": steps, "hash": hash })
                })
                .collect();
            format!("{:#}\n", json!({ "scene": story.name, "title": story.title, "worlds": worlds }))
        }
    }
}

fn as_json(scene: &Scene, lab: &Lab) -> Value {
    let text = lab.trace_text(scene.digits);
    let records: Vec<Value> = (0_u32..)
        .zip(lab.trace().records())
        .zip(text.lines())
        .map(|((number, record), line)| {
            json!({
                "number": number,
                "at_us": record.at.0,
                "node": lab.text(record.node, scene.digits),
                "cause": record.cause,
                "stop": record.is_major(),
                "text": line,
                "sentences": sentences(lab, number, scene.digits),
            })
        })
        .collect();
    json!({
        "scene": scene.name,
        "title": scene.title,
        "system": lab.system().name(),
        "nodes": lab.node_count(),
        "records": records,
        "hash": lab.trace_hash(),
    })
}
