"""Whom a mailing is for: JSON lines and CSV, read with suspicion; nothing is sent past a bad row."""

import os
import subprocess
import threading

import pytest

from conftest import IMH

BAD_DATA = 65
TEMPLATE = "{$email}|{$name}|{$n}"


@pytest.fixture
def render(site):
    """Renders for recipients; gives the messages in order, or the complaints."""
    site.write("mail.txt", TEMPLATE)

    def run(name, content, template=TEMPLATE):
        if isinstance(content, str):
            content = content.encode()
        (site.folder / name).write_bytes(content)
        site.write("mail.txt", template)
        done = site.run("render", "acme", "mail.txt", "--recipients", name, "--output", "out")
        messages = messages_of(site)
        if done.status == 0:
            assert done.err == ""
            return messages
        assert done.status == BAD_DATA and messages == [], done
        return [line.removeprefix("imh: ") for line in done.err.splitlines()]

    return run


def messages_of(site):
    folder = site.folder / "out"
    files = sorted(folder.iterdir()) if folder.exists() else []
    return [path.read_bytes().decode() for path in files]


# ---- CSV ----

@pytest.mark.parametrize("content, messages", [
    ("email,name\na@x,Anna\nb@x,Bert\n", ["a@x|Anna|", "b@x|Bert|"]),
    ("email,name\na@x,Anna", ["a@x|Anna|"]),
    ("\ufeffemail,name\r\na@x,Anna\r\n", ["a@x|Anna|"]),
    ('"email","name"\n"a@x","Bert ""B"", jr."\n', ['a@x|Bert "B", jr.|']),
    ('email,name\na@x,"two\nlines"\nb@x,c\n', ["a@x|two\nlines|", "b@x|c|"]),
    ('email,name\na@x,"two\r\nlines"\r\n', ["a@x|two\r\nlines|"]),
    ("email,name\n\na@x,Anna\n  \n\r\nb@x,Bert\n\n", ["a@x|Anna|", "b@x|Bert|"]),
    (" email , name \na@x, Anna\n", ["a@x| Anna|"]),
    ('email,name,n\na,"",007\n"",,1e3\n', ["a||007", "||1e3"]),
    ("email;name\na@x;Jansen, Anna\n", ["a@x|Jansen, Anna|"]),
    ('email;"na,me";n\na@x;b;1,5\n', ["a@x||1,5"]),
    ("email\tname\na@x\tAnna; Bert\n", ["a@x|Anna; Bert|"]),
    ('email\na@x\n""\n', ["a@x||", "||"]),
    ("email,name\nä@x,日本 😀\n", ["ä@x|日本 😀|"]),
    ("email,name\n", []),
])
def test_csv_as_people_save_it(render, content, messages):
    assert render("list.csv", content) == messages


@pytest.mark.parametrize("content, line, complaint", [
    ("", 1, "no header line"),
    ("\n\n", 3, "no header line"),
    ("email,name\na@x\n", 2, "only 1 of the 2 fields that the header has"),
    ("email,name\na@x,b\n\nc@x,d,e\n", 4, "more fields than the header has"),
    ('email,name\n"two\nlines",b\nc@x\n', 4, "only 1 of the 2 fields that the header has"),
    ('email,name\na@x,"open\nb@x,c\n', 2, "a quoted field without an end"),
    ('email,name\na@x,5" screen\n', 2,
     "a quote in a field without quotes around it: quote it, and double the quote"),
    ('email,name\na@x,"An"na\n', 2,
     "something behind a closing quote: quotes inside a field are doubled"),
    ("email,email\n", 1, "column 'email' stands twice"),
    ("email,,name\n", 1, "column 2 has no name"),
    ("email,name,\n", 1, "column 3 has no name"),
    ("email,name\ra@x,b\r", 1,
     "a carriage return in a field: lines end in a line feed, or in both"),
    (b"email,name\na@x,caf\xe9\n", 2, "not text in UTF-8"),
    (b"email,caf\xe9\n", 1, "not text in UTF-8"),
    (b"email,name\na@x,b\x00c\n", 2, "not text in UTF-8"),
    ("email,name\n".encode("utf-16"), 1, "not text in UTF-8"),
    pytest.param("email,name\na@x," + "x" * (1 << 20), 2, "a record of more than 1 MiB",
                 id="a long record"),
    pytest.param(",".join(f"c{i}" for i in range(1001)), 1, "more than 1,000 columns",
                 id="many columns"),
])
def test_csv_that_is_not(render, content, line, complaint):
    assert render("list.csv", content) == [f"list.csv:{line}: {complaint}"]


def test_every_field_of_csv_is_text(render):
    template = '{if $n === "007"}text{/if}'
    assert render("list.csv", "n\n007\n", template) == ["text"]


def test_a_name_that_ends_in_capitals_is_csv_too(render):
    assert render("LIST.CSV", "email,name\na,b\n") == ["a|b|"]


# ---- JSON lines ----

@pytest.mark.parametrize("content, messages", [
    ('{"email":"a","name":"A","n":1}\n{"email":"b"}\n', ["a|A|1", "b||"]),
    ('\ufeff{"email":"a"}\r\n\r\n{"email":"b"}', ["a||", "b||"]),
    ('{"email":"\\u00e9\\ud83d\\ude00","n":19.99}\n', ["é😀||19.99"]),
    (' \n\t{"email":"a"} \n', ["a||"]),
    ("{}\n", ["||"]),
    ("", []),
])
def test_json_lines(render, content, messages):
    assert render("list.ndjson", content) == messages


@pytest.mark.parametrize("line, complaint", [
    ('{"email":}', "not JSON at byte 9: something that is no JSON value"),
    ('{"email":"a"', "not JSON at byte 12: no end"),
    ('{"a":1}{"b":2}', "not JSON at byte 7: something behind the end"),
    ("[1,2]", "a recipient must be a JSON object"),
    ('"text"', "a recipient must be a JSON object"),
    ("null", "a recipient must be a JSON object"),
    ("email,name", "not JSON at byte 0: something that is no JSON value"),
    (b'{"a":"\xff"}', "not JSON at byte 6: bytes that are no UTF-8"),
    ('{"a":"\\ud800"}', "not JSON at byte 5: "),
    ("[" * 100, "not JSON at byte 64: "),
])
def test_json_lines_that_are_not(render, line, complaint):
    line = line.encode() if isinstance(line, str) else line
    found = render("list.ndjson", b'{"email":"a"}\n' + line + b'\n{"email":"c"}\n')
    assert len(found) == 1 and found[0].startswith(f"list.ndjson:2: {complaint}")


# ---- both ----

def test_all_bad_rows_are_told_and_nothing_is_sent(render):
    rows = ["email,name", *(f"a{i},b" if i % 100 else f"bad{i}" for i in range(1, 1500))]
    assert render("list.csv", "\n".join(rows)) == [
        f"list.csv:{i + 1}: only 1 of the 2 fields that the header has"
        for i in range(100, 1500, 100)]


def test_a_file_of_bad_rows_ends_the_complaints_early(render):
    found = render("list.ndjson", "oops\n" * 1000)
    assert len(found) == 21
    assert found[-1] == "list.ndjson: there may be more: correct these first"


@pytest.mark.parametrize("name, complaint", [
    ("nothing.csv", "nothing.csv: No such file or directory"),
    ("accounts.d", "accounts.d: is a folder")])
def test_what_is_no_file(site, name, complaint):
    site.write("mail.txt", "x")
    done = site.run("render", "acme", "mail.txt", "--recipients", name, "--output", "out")
    assert done == (BAD_DATA, "", f"imh: {complaint}\n")
    assert not (site.folder / "out").exists()


def test_standard_input_is_json_lines(site):
    site.write("mail.txt", TEMPLATE)
    done = site.run("render", "acme", "mail.txt", "--recipients", "-", "--output", "out",
                    stdin='{"email":"a"}\n{"email":"b"}\n')
    assert done == (0, "", "") and messages_of(site) == ["a||", "b||"]


def test_a_pipe_is_read_once(site):
    """Its rows cannot be checked before: what stands before a bad one may be sent."""
    site.write("mail.txt", TEMPLATE)
    os.mkfifo(site.folder / "pipe.csv")
    rows = "email,name\n" + "a@x,b\n" * 2000
    writer = threading.Thread(target=(site.folder / "pipe.csv").write_text, args=(rows,))
    writer.start()
    done = site.run("render", "acme", "mail.txt", "--recipients", "pipe.csv", "--output", "out")
    writer.join()
    assert done == (0, "", "") and messages_of(site) == ["a@x|b|"] * 2000


def test_a_file_as_standard_input_is_checked_from_where_it_stands(site):
    site.write("mail.txt", TEMPLATE)
    site.write("list.ndjson", '{"email":"skipped"}\n{"email":"a"}\noops\n')
    with (site.folder / "list.ndjson").open("rb", buffering=0) as file:
        file.read(len('{"email":"skipped"}\n'))
        done = subprocess.run([IMH, "-c", "imh.ini", "render", "acme", "mail.txt", "--recipients",
                               "-", "--output", "out"], cwd=site.folder, stdin=file,
                              capture_output=True, encoding="utf-8", timeout=60)
    assert (done.returncode, messages_of(site)) == (BAD_DATA, [])
    assert done.stderr.startswith("imh: -:2: not JSON at byte 0")


# ---- names in templates ----

def test_what_a_name_means(site):
    """The template's own, reserved words, integrations, the recipient's fields, --data."""
    site.integration("thing", "wild")
    site.write("list.ndjson", '{"name":"own","only":"own","profile":"of the recipient"}\n')
    site.write("mail.txt", '{$mine = 1}{$mine}|{$name}|{$only}|{$shared}|{$profile}|'
                           '{$thing.thing.well.name}')
    done = site.run("render", "acme", "mail.txt", "--recipients", "list.ndjson", "--output", "out",
                    "--data", '{"name":"common","shared":"common","mine":2}')
    assert done == (0, "", "")
    assert messages_of(site) == ["1|own|own|common|of the recipient|well"]


def test_profile_is_the_recipient_as_a_whole(render):
    assert render("list.csv", "email,thing\na@x,b\n", "{$profile.email} {$profile.thing}") == [
        "a@x b"]


@pytest.mark.parametrize("data", ["recipient", "common"])
def test_an_integration_that_hides_a_field_is_told_once(site, data):
    site.integration("thing", "wild")
    site.integration("other", "wild")
    field = '{"thing":"a","other":"b"}\n'
    site.write("list.ndjson", (field if data == "recipient" else "{}\n") * 3)
    site.write("mail.txt", "{$thing.thing.well.name}{$profile.thing}")
    done = site.run("render", "acme", "mail.txt", "--recipients", "list.ndjson", "--output", "out",
                    "--data", field if data == "common" else "{}")
    assert (done.status, done.err) == (
        0, "accounts.d/acme.ini:5: warning: integration 'thing' hides the field of that name\n")
    assert messages_of(site) == ["wella" if data == "recipient" else "well"] * 3
