"""Generate js/src/protocol.gen.ts from the messages that labelwidget.widget.protocol declares.

usage: generate_protocol.py [--check]

--check writes nothing and fails when the file in the tree is stale.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TypeAlias

from labelwidget.widget.protocol import json_schema

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "js" / "src" / "protocol.gen.ts"
GENERATOR = ROOT / "js" / "node_modules" / "json-schema-to-typescript" / "dist" / "src" / "cli.js"
BANNER = "/* Generated from labelwidget/widget/protocol by `python3 dev.py types`. Do not edit. */"
# A remark of the generator on every type, which tells a reader nothing.
REFERENCED_BY = re.compile(
    r"/\*\*\n \* This interface was referenced by [^/]*?\*/\n"
    r"| \*\n \* This interface was referenced by [^\n]*\n \* via the `definition` [^\n]*\n"
)
# Messages and events from the browser, which may leave out what has a default.
FROM_BROWSER = re.compile(r"(Request|In)$")

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"


def without_property_titles(schema: Json, *, named: bool = False) -> Json:
    """Drop the titles that pydantic gives to each property.

    The generator would make a type of its own out of each (`type Req = string`). Titles of
    definitions (`named`) stay: they are the names of the types.
    """
    if isinstance(schema, list):
        return [without_property_titles(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    result: dict[str, Json] = {}
    for key, value in schema.items():
        if key == "title" and not named:
            continue
        if key in ("properties", "patternProperties") and isinstance(value, dict):
            result[key] = {name: without_property_titles(part) for name, part in value.items()}
        elif key == "$defs" and isinstance(value, dict):
            result[key] = {
                name: without_property_titles(part, named=True) for name, part in value.items()
            }
        elif key in ("const", "default", "enum", "examples", "discriminator"):
            result[key] = value  # data, not schemas
        else:
            result[key] = without_property_titles(value)
    return result


def as_typescript_can_say(schema: Json) -> Json:
    """Say in older words what the generator does not know of JSON Schema 2020-12.

    It takes a reference with a default beside it for an unknown object, and a tuple for a pair of
    unknowns.
    """
    if isinstance(schema, list):
        return [as_typescript_can_say(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": schema["$ref"]}
    result = {key: as_typescript_can_say(value) for key, value in schema.items()}
    if "prefixItems" in result:
        result["items"] = result.pop("prefixItems")
    return result


def with_defaults_sent(schema: Json) -> Json:
    """Mark what has a default as required where the kernel is the sender: it sends every field."""
    if isinstance(schema, dict) and isinstance(definitions := schema.get("$defs"), dict):
        for name, definition in definitions.items():
            if FROM_BROWSER.search(name) or not isinstance(definition, dict):
                continue
            if isinstance(properties := definition.get("properties"), dict):
                definition["required"] = list(properties)
    return schema


def generate() -> str:
    schema = with_defaults_sent(
        as_typescript_can_say(without_property_titles(json_schema(), named=True))
    )
    done = subprocess.run(
        [
            "node",
            str(GENERATOR),
            "--no-additionalProperties",
            "--unreachableDefinitions",
            f"--bannerComment={BANNER}",
            "--style.printWidth=100",
        ],
        input=json.dumps(schema),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"json-schema-to-typescript failed:\n{done.stderr}")
    code = REFERENCED_BY.sub("", done.stdout)
    # pydantic's JsonValue has the empty schema; TypeScript can say it exactly.
    return code.replace(
        "export type JsonValue = unknown;",
        "export type JsonValue =\n"
        "  string | number | boolean | null | JsonValue[] | { [name: string]: JsonValue };",
    )


def main() -> None:
    code = generate()
    if "--check" in sys.argv[1:]:
        if not TARGET.is_file() or TARGET.read_text() != code:
            sys.exit(f"{TARGET.relative_to(ROOT)} is stale: the protocol changed after it.")
    elif not TARGET.is_file() or TARGET.read_text() != code:
        TARGET.write_text(code)
        print(f"wrote {TARGET.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
