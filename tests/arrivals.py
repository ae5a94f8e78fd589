"""Webhooks as accept stores them."""

from datetime import datetime

from gateway.model.event import Arrival
from gateway.pipeline.accept import read
from gateway.sources.source import Headers, Source


def arrival_of(source: Source, body: bytes, headers: Headers, now: datetime, id_: str) -> Arrival:
    """What is stored of a verified webhook."""
    return read(source, body, headers, now, id_)[1]
