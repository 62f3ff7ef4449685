//! Lists images in every way, and prints what came; see tests/clients/README.md.

use futures_util::TryStreamExt;
use images::{Client, Error};
use serde_json::{json, Value};

const LABELS: &str = concat!(
    r#"{"dangling":["false"],"#,
    r#""label":["com.example.odd=a=b & c d, é ключ","com.example.stage=test"]}"#
);

type Query = (Option<bool>, Option<bool>, Option<&'static str>, Option<&'static str>);

const STEPS: [(&str, Query); 6] = [
    ("plain", (None, None, None, None)),
    ("all", (Some(true), None, None, None)),
    ("filter", (None, None, Some("busybox"), None)),
    ("dangling", (None, None, None, Some(r#"{"dangling":{"true":true}}"#))),
    ("labels", (None, None, None, Some(LABELS))),
    ("digests", (None, Some(true), None, None)),
];

/// Gives the message of an error, which is JSON or plain text.
fn message(body: &[u8]) -> String {
    match serde_json::from_slice::<Value>(body) {
        Ok(told) => told["message"].as_str().unwrap_or_default().to_owned(),
        Err(_) => String::from_utf8_lossy(body).trim().to_owned(),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).ok_or("no address")?;
    let client = Client::new(&format!("{address}/v1.23"));
    for (step, (all, digests, filter, filters)) in STEPS {
        let images: Vec<Value> = client
            .image_list(all, digests, filter, filters)
            .await?
            .into_inner()
            .into_iter()
            .map(|image| {
                json!({
                    "Id": image.id,
                    "RepoTags": image.repo_tags,
                    "RepoDigests": image.repo_digests,
                    "Created": image.created,
                    "Size": image.size,
                    "VirtualSize": image.virtual_size,
                    "Labels": image.labels,
                })
            })
            .collect();
        println!("{}", json!({"step": step, "images": images}));
    }
    let image = client.image_inspect("localhost:5000/test/busybox:latest").await?;
    println!("{}", json!({"step": "inspect", "Id": image.id, "Size": image.size}));
    match client.image_list(None, None, None, Some(r#"{"nosuch":["x"]}"#)).await {
        Err(Error::ErrorResponse(response)) => {
            let status = response.status().as_u16();
            let body: Vec<_> = response.into_inner_stream().try_collect().await?;
            let told = message(&body.concat());
            println!("{}", json!({"step": "error", "status": status, "message": told}));
            Ok(())
        }
        other => Err(format!("no answer with an error, but {other:?}").into()),
    }
}
