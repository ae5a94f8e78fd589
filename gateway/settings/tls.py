"""`tls: {ca, certificate, key}` of whatever the gateway connects to."""

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator
from pydantic_core.core_schema import ValidationInfo

from gateway.model.tls import TlsFiles, words
from gateway.settings.reading import Reading
from gateway.settings.section import Section
from gateway.settings.types import problem


def _file(value: Any, info: ValidationInfo) -> Path:
    if not isinstance(value, str | Path) or not str(value) or "\0" in str(value):
        raise problem("a file is expected here: tls/ca.pem")
    reading = info.context if isinstance(info.context, Reading) else Reading()
    path = reading.folder / value
    if not path.is_file():
        reading.missing_files.append(str(value))
    return path


PemFile = Annotated[Path, PlainValidator(_file), WithJsonSchema({"type": "string"})]
"""A file, relative to the configuration folder; one that is missing is told of like a secret's."""


class ClientTls(Section):
    """PEM files for the connections to one place; read again when they change.

    Nothing here switches the verification of the other side off.
    """

    ca: PemFile | None = Field(
        default=None, description="Authorities to trust instead of the system's"
    )
    certificate: PemFile | None = Field(default=None, description="Chain to show the other side")
    key: PemFile | None = Field(
        default=None, description="Its private key, unless the certificate's file holds it"
    )

    @property
    def files(self) -> TlsFiles:
        """The files, for a connection."""
        return TlsFiles(ca=self.ca, certificate=self.certificate, key=self.key)

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if self.ca is None and self.certificate is None:
            raise problem("says nothing; write ca, certificate and key, or all three")
        files = self.files
        if not all(path.is_file() for path in files.paths):
            return self  # that is told of already
        authorities = TlsFiles(ca=self.ca)
        for named, tried in (("ca", authorities), ("certificate with its key", files)):
            try:
                tried.context()
            except (OSError, ValueError) as error:
                raise problem(f"cannot use {named}: {words(error)}") from None
        return self
