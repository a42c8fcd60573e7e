"""What is shipped: the same bytes each time, no permission more, no words missing, nothing to refuse."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.extension.builds import DIST, EXTENSION, ROOT, installed, missing, node, require_program

LOCALES = EXTENSION / "src" / "_locales"
PERMISSIONS = {
    "permissions": ["activeTab", "contextMenus", "scripting", "storage"],
    "host_permissions": ["http://127.0.0.1/*", "http://localhost/*"],
    "optional_host_permissions": ["https://*/*", "http://*/*"],
}
_NEVER = ("content_scripts", "web_accessible_resources", "externally_connectable", "optional_permissions")


def manifest(target: str) -> dict[str, Any]:
    """Return the manifest of a build."""
    read: dict[str, Any] = json.loads((DIST / target / "manifest.json").read_text("utf-8"))
    return read


def digests(folder: Path) -> dict[str, str]:
    """Return a hash of every package."""
    return {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in folder.glob("*.zip")}


@pytest.mark.usefixtures("builds")
@pytest.mark.parametrize("target", ["chrome", "firefox"])
def test_manifest_asks_for_nothing_more(target: str) -> None:
    read = manifest(target)
    for name, wanted in PERMISSIONS.items():
        assert read[name] == wanted, name
    assert not [name for name in _NEVER if name in read]
    assert read["manifest_version"] == 3 and read["incognito"] == "not_allowed"
    assert "unsafe" not in read["content_security_policy"]["extension_pages"]


@pytest.mark.usefixtures("builds")
def test_each_store_gets_its_own_keys() -> None:
    chrome, firefox = manifest("chrome"), manifest("firefox")
    assert "browser_specific_settings" not in chrome and "scripts" not in chrome["background"]
    gecko = firefox["browser_specific_settings"]["gecko"]
    assert gecko["data_collection_permissions"] == {"required": ["websiteContent"]}
    assert gecko["strict_min_version"] == "142.0" and "service_worker" not in firefox["background"]


@pytest.mark.usefixtures("builds")
def test_two_builds_are_the_same_bytes() -> None:
    first = digests(DIST)
    assert len(first) == 3
    node("build.mjs", "pack")
    assert digests(DIST) == first


def unpacked_sources(dist: Path, to: Path) -> Path:
    """Unpack the package of sources, as a reviewer does, and return the folder."""
    with zipfile.ZipFile(next(dist.glob("*-source.zip"))) as sources:
        assert sources.testzip() is None
        sources.extractall(to)
    (to / "node_modules").symlink_to(installed(EXTENSION))
    return to


def test_reviewers_get_the_same_bytes_from_the_sources(builds: Path, tmp_path: Path) -> None:
    folder = unpacked_sources(builds, tmp_path)
    node("build.mjs", "pack", folder=folder)
    assert digests(folder / "dist") == digests(builds)


def test_publisher_names_the_add_on(builds: Path, tmp_path: Path) -> None:
    folder = unpacked_sources(builds, tmp_path / "own")
    assert "set CLAIMCHECK_ADDON_ID before you publish" in node("build.mjs", "pack", folder=folder)
    name = {"CLAIMCHECK_ADDON_ID": "health-claims@publisher.example"}
    assert "placeholder" not in node("build.mjs", "pack", folder=folder, settings=name)
    made = json.loads((folder / "dist" / "firefox" / "manifest.json").read_text("utf-8"))
    assert made["browser_specific_settings"]["gecko"]["id"] == "health-claims@publisher.example"
    # Who builds the sources that go with it gets the same packages, without setting anything.
    again = unpacked_sources(folder / "dist", tmp_path / "reviewer")
    node("build.mjs", "pack", folder=again)
    assert digests(again / "dist") == digests(folder / "dist")


@pytest.mark.parametrize("name", ["no address", "a@b c", "{1}", "x" * 80 + "@example.org", "<script>@x"])
def test_add_on_id_that_no_store_takes_is_refused(name: str) -> None:
    with pytest.raises(AssertionError, match="CLAIMCHECK_ADDON_ID must look like"):
        node("build.mjs", "firefox", settings={"CLAIMCHECK_ADDON_ID": name})


def test_only_the_script_of_pages_is_minified(builds: Path) -> None:
    for target in ("chrome", "firefox"):
        for script in (builds / target).glob("*.js"):
            lines = script.read_text("utf-8").splitlines()
            assert (len(lines) > 100) is (script.name != "content.js"), script


def test_no_code_from_elsewhere(builds: Path) -> None:
    for target in ("chrome", "firefox"):
        for script in (builds / target).glob("*.js"):
            text = script.read_text("utf-8")
            assert not re.search(
                r"\beval\(|new Function\(|innerHTML|outerHTML|insertAdjacentHTML|document\.write", text
            ), script
            assert not re.search(r"importScripts|import\(", text), script
        for page in (builds / target).glob("*.html"):
            text = page.read_text("utf-8")
            assert "http" not in text and "<script>" not in text and " on" + "click" not in text, page


def test_types_are_those_of_the_description(tmp_path: Path) -> None:
    program = installed(EXTENSION) / ".bin" / "openapi-typescript"
    made = tmp_path / "openapi.d.ts"
    require_program("node")
    subprocess.run(
        [program, ROOT / "openapi.json", "-o", made],
        cwd=EXTENSION,
        check=True,
        capture_output=True,
        timeout=60,
    )
    assert made.read_text("utf-8") == (EXTENSION / "src" / "openapi.d.ts").read_text("utf-8"), (
        "openapi.json changed: run `npm run types` in extension/"
    )


def test_types_hold() -> None:
    done = subprocess.run(
        [require_program("node"), installed(EXTENSION) / "typescript" / "bin" / "tsc", "--noEmit"],
        cwd=EXTENSION,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_words_are_complete_in_every_language() -> None:
    read = {one.parent.name: json.loads(one.read_text("utf-8")) for one in LOCALES.glob("*/messages.json")}
    assert {"en", "de"} <= set(read)
    english = read.pop("en")
    for name, words in read.items():
        assert set(words) == set(english), name
        for key, message in words.items():
            places = re.findall(r"\$[1-9]", english[key]["message"])
            assert sorted(re.findall(r"\$[1-9]", message["message"])) == sorted(places), f"{name}: {key}"
            assert message["message"].strip(), f"{name}: {key}"


def test_every_word_is_used_and_every_used_word_is_there() -> None:
    english = json.loads((LOCALES / "en" / "messages.json").read_text("utf-8"))
    sources = "\n".join(
        one.read_text("utf-8")
        for one in (EXTENSION / "src").rglob("*")
        if one.suffix in (".ts", ".html", ".json")
        and "_locales" not in one.parts
        and one.name != "openapi.d.ts"
    )
    asked = set(re.findall(r"say\((?:words, |this\.words, )?'(\w+)'", sources))
    asked |= set(re.findall(r'data-words="(\w+)"', sources)) | set(re.findall(r"__MSG_(\w+)__", sources))
    assert asked <= set(english), asked - set(english)
    families = set(re.findall(r"`([a-z_]*?)\$\{", sources)) - {""}
    families |= {"relation_", "not_relation_"}
    quoted = asked | set(re.findall(r"'(\w+)'", sources))
    unused = {key for key in english if key not in quoted and not key.startswith(tuple(families))}
    assert unused == set()


def test_words_of_every_label_of_the_contract() -> None:
    english = json.loads((LOCALES / "en" / "messages.json").read_text("utf-8"))
    schemas = json.loads((ROOT / "openapi.json").read_text("utf-8"))["components"]["schemas"]
    prefixes = {
        "Assessment": "assessment_",
        "RiskLevel": "level_",
        "Certainty": "certainty_",
        "Evidence": "evidence_",
        "Relation": "relation_",
    }
    for schema, prefix in prefixes.items():
        for value in schemas[schema]["enum"]:
            assert f"{prefix}{value}" in english, value
    assert {f"stance_{value}" for value in schemas["Stance"]["enum"]} - set(english) == {"stance_asserted"}


def test_lock_files_pin_by_hash_alone() -> None:
    for folder in (EXTENSION, ROOT / "tools" / "webext"):
        lock = json.loads((folder / "package-lock.json").read_text("utf-8"))
        entries = {name: entry for name, entry in lock["packages"].items() if name}
        assert entries and all("integrity" in entry for entry in entries.values())
        assert not any("resolved" in entry for entry in entries.values())
        package = json.loads((folder / "package.json").read_text("utf-8"))
        assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in package["devDependencies"].values())


def test_store_lint_is_clean(builds: Path) -> None:
    folder = ROOT / "tools" / "webext"
    major = int(node("-p", "process.versions.node.split('.')[0]"))
    if major < 20:
        missing("node 20 for web-ext")
    program = installed(folder) / ".bin" / "web-ext"
    done = subprocess.run(
        [program, "lint", "--source-dir", builds / "firefox", "--warnings-as-errors", "--output", "json"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    found = json.loads(done.stdout[done.stdout.index("{") :])
    assert found["summary"] == {"errors": 0, "notices": 0, "warnings": 0}, json.dumps(found, indent=1)[:3000]


def test_marks_are_told_apart_from_the_page() -> None:
    """Contrast of the underlines on white and on a dark page: 3:1, as WCAG 1.4.11 asks of graphics."""
    css = (EXTENSION / "src" / "content" / "highlight.css").read_text("utf-8")
    colours = re.findall(r"underline \w+ (#[0-9a-f]{6})", css)
    assert len(colours) == 4
    for colour in colours:
        for background in ("#ffffff", "#16191d"):
            assert contrast(colour, background) >= 3, (
                f"{colour} on {background}: {contrast(colour, background):.2f}"
            )


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours, as WCAG defines it."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
