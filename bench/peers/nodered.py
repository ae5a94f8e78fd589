"""Node-RED: a flow of an `http in`, a function and an `http request`, without its editor."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from bench import webhook
from bench.child import started
from bench.peers.chain import Chain, Processes, Program, free_port

PROGRAM = Program("node-red", "npm install --global node-red", variable="NODE_RED")
_FUNCTION = """
const mac = crypto.createHmac("sha256", SECRET).update(msg.payload).digest("hex");
const expected = Buffer.from("sha256=" + mac);
const given = Buffer.from(msg.req.headers["x-hub-signature"] || "");
if (given.length !== expected.length || !crypto.timingSafeEqual(given, expected)) {
    return [{res: msg.res, statusCode: 401, payload: ""}, null];
}
const event = JSON.parse(msg.payload);
const found = event.newIssues.map(issue => ({payload: {
    project: event.project.name,
    id: issue.id,
    title: issue.issueData.title,
    severity: issue.issueData.severity,
    url: issue.issueData.url,
}}));
return [{res: msg.res, statusCode: 200, payload: "accepted"}, found];
"""


def flow(url: str) -> str:
    """Answers once the signature was checked, then posts a message for each finding."""
    nodes = [
        {"id": "tab", "type": "tab", "label": "snyk"},
        # `skipBodyParsing` (Node-RED 4.0) leaves the bytes that were signed in msg.payload
        _node("in", "http in", "verify", url="/snyk", method="post", skipBodyParsing=True),
        {
            **_node("verify", "function", func=_function(), outputs=2),
            "libs": [{"var": "crypto", "module": "crypto"}],
            "wires": [["answer"], ["post"]],
        },
        _node("answer", "http response", statusCode="", headers={}),
        # `persist` keeps its connections
        _node("post", "http request", method="POST", ret="txt", url=url, persist=True, headers=[]),
    ]
    return json.dumps(nodes)


def _function() -> str:
    return _FUNCTION.replace("SECRET", json.dumps(webhook.SECRET))


def _node(name: str, kind: str, to: str = "", **fields: Any) -> Mapping[str, Any]:
    return {"id": name, "z": "tab", "type": kind, "wires": [[to]] if to else [], **fields}


def settings(port: int) -> str:
    """No editor, nothing asked of the network, nothing in the log of a message that went well."""
    made = {
        "flowFile": "flows.json",
        "uiHost": "127.0.0.1",
        "uiPort": port,
        "httpAdminRoot": False,
        "disableEditor": True,
        "credentialSecret": False,
        "telemetry": {"enabled": False, "updateNotification": False},
        "functionExternalModules": True,
        "externalModules": {
            "autoInstall": False,
            "palette": {"allowInstall": False},
            "modules": {"allowInstall": False},
        },
        "logging": {"console": {"level": "info", "metrics": False, "audit": False}},
    }
    return f"module.exports = {json.dumps(made)}\n"


@asynccontextmanager
async def _running(folder: Path, url: str) -> AsyncIterator[Processes]:
    file, port = folder / "settings.js", free_port()
    file.write_text(settings(port))
    (folder / "flows.json").write_text(flow(url))
    command = PROGRAM.command("--settings", file, "--userDir", folder)
    async with started(command, folder / "log") as child:
        await child.says("Started flows")  # it listens before that, and answers 404
        yield Processes(port, [child])


CHAIN = Chain(
    what="Node-RED flow",
    running=_running,
    events=250,
    needs=[PROGRAM],
    requests=partial(webhook.requests, path="/snyk"),
)
