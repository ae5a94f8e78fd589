from typing import Any

import pytest
from jinja2 import TemplateError

from gateway.sandbox.environment import Sandbox


def render(source: str, **names: Any) -> str:
    return Sandbox().from_string(source).render(**names)


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a' * 10**9 }}",
        "{{ 'a' * 1000 }}",
        "{{ [1] * 1000 }}",
        "{{ 2 ** 1000000 }}",
        "{{ '%01000d' % 1 }}",
        "{{ 'a'.ljust(1000) }}",
        "{{ '{:>1000}'.format('a') }}",
        "{{ ''.__class__ }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ ''['__class__'] }}",
        "{{ '' | attr('__class__') }}",
        "{{ render.__globals__ }}",
        "{{ self.__init__.__globals__ }}",
        "{{ items.append(1) }}",
        "{{ range(1001) }}",
        "{{ 'a' | center(1000) }}",
        "{{ 'a' | indent(1000) }}",
        "{{ 'a' | replace('a', 'b') }}",
        "{{ [1] | batch(1000) }}",
        "{{ 'a' | safe }}",
        "{{ lipsum() }}",
        "{{ nothing }}",
        "{{ mapping.nothing }}",
    ],
)
def test_what_reaches_out_or_grows_is_refused(source: str) -> None:
    with pytest.raises(TemplateError):
        render(source, render=render, items=[], mapping={})


def test_huge_range_is_refused_before_it_is_counted() -> None:
    with pytest.raises((TemplateError, OverflowError)):
        render("{{ range(10000000000000000000000) }}")


def test_ordinary_templates_work() -> None:
    source = "{% for n in range(3) %}{{ n * 2 % 3 }}{% endfor %}{{ 'a'.upper() ~ 'b' | upper }}"

    assert render(source) == "021AB"


def test_what_a_mapping_holds_comes_before_its_methods() -> None:
    assert render("{{ m.items }}{{ m.keys() | list }}", m={"items": 1}) == "1['items']"
