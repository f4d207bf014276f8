//! `overlay scene`: what the lecture's figures do, without a screen.

use overlay_core::lecture::{SCENES, Scene};
use overlay_core::sim::lab::Lab;
use overlay_core::sim::words::sentences;
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{Format, SceneTask};

pub(crate) fn run(task: &SceneTask) -> Outcome {
    match task {
        SceneTask::List => Ok(list()),
        SceneTask::Run { name, format } => {
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
    let width = SCENES.iter().map(|scene| scene.name.len()).max().unwrap_or(0);
    SCENES.iter().map(|scene| format!("{:width$}  {}\n", scene.name, scene.title)).collect()
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
