import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from labkit.errors import DockerfileError
from labkit.image.build.assemble import build
from labkit.image.build.layer import stored_gzip
from labkit.image.build.stand_in import resolve
from tests.image.archives import document_of

FROM = "FROM public.ecr.aws/lambda/python:3.12\n"


def files(image, at=-1):
    """Return the files of one layer as ``{name: (mode, content or type)}``, directories left out."""
    with tarfile.open(fileobj=io.BytesIO(image.layers[at])) as archive:
        return {
            member.name: (member.mode, archive.extractfile(member).read() if member.isreg() else member.linkname)
            for member in archive
            if not member.isdir()
        }


def test_the_articles_image_has_the_handler_in_the_task_root_and_its_command(article):
    image = build(article)
    assert files(image) == {"var/task/lambda_function.py": (0o644, (article / "lambda_function.py").read_bytes())}
    assert document_of(image)["config"]["Cmd"] == ["lambda_function.handler"]
    assert document_of(image)["config"]["Entrypoint"] == ["/lambda-entrypoint.sh"]
    assert image.architecture == "amd64"


def test_the_articles_dockerfile_and_handler_are_the_articles(article):
    assert (article / "Dockerfile").read_text() == (
        "FROM public.ecr.aws/lambda/python:3.12\n\n"
        "COPY lambda_function.py ${LAMBDA_TASK_ROOT}\n\n"
        'CMD [ "lambda_function.handler" ]\n'
    )
    assert "'Hello from AWS Lambda using Python' + sys.version + '!'" in (article / "lambda_function.py").read_text()


def test_the_articles_digest_is_the_same_on_every_machine_and_python(article):
    # Measured equal under CPython 3.11.7, 3.12.1 and 3.13.0. A change here is a change of what the lab builds.
    assert build(article).digest == "sha256:4caa3b653b2ca8ad6738acc9ca5f8ad14727f376cf98b31976c0b703e2def0a6"


def test_the_digest_does_not_depend_on_times_and_umask(context):
    folder = context(Dockerfile=FROM + "COPY . /x/", **{"a.txt": "a", "d/b.txt": "b"})
    before = build(folder).digest
    (folder / "a.txt").chmod(0o600)
    os.utime(folder / "d", (1, 1))
    assert build(folder).digest == before


def test_every_blob_has_the_digest_and_size_that_the_manifest_says(article):
    image = build(article)
    assert image.parsed.config.digest in image.blobs
    for descriptor in (image.parsed.config, *image.parsed.layers):
        blob = image.blobs[descriptor.digest]
        assert (len(blob), "sha256:" + hashlib.sha256(blob).hexdigest()) == (descriptor.size, descriptor.digest)
    plain = ["sha256:" + hashlib.sha256(gzip.decompress(layer)).hexdigest() for layer in image.layers]
    assert document_of(image)["rootfs"]["diff_ids"] == plain
    assert json.loads(image.manifest)["mediaType"] == image.media_type


def test_the_image_says_that_its_base_is_a_stand_in(article):
    image = build(article)
    assert image.stand_in
    assert image.base == "public.ecr.aws/lambda/python:3.12"
    assert image.labels["labkit.base"] == "stand-in"
    assert image.config.stands_in_for == "public.ecr.aws/lambda/python:3.12"
    assert b"stand-in" in files(image, 0)["etc/os-release"][1]
    assert b"stand-in" in files(image, 0)["lambda-entrypoint.sh"][1]


def test_the_steps_are_told_one_by_one(article):
    steps = []
    build(article, on_step=steps.append)
    assert steps == [
        "[1/3] FROM public.ecr.aws/lambda/python:3.12",
        "[2/3] COPY lambda_function.py ${LAMBDA_TASK_ROOT}",
        '[3/3] CMD [ "lambda_function.handler" ]',
    ]


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 200_000])
def test_stored_blocks_are_gzip_that_any_reader_reads(size):
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    assert gzip.decompress(stored_gzip(data)) == data


def test_an_image_can_be_built_for_arm64(article, context):
    assert build(article, architecture="arm64").architecture == "arm64"
    folder = context(
        Dockerfile="FROM --platform=linux/arm64 public.ecr.aws/lambda/python:3.12\nARG TARGETARCH\nENV a=$TARGETARCH"
    )
    image = build(folder)
    assert (image.architecture, document_of(image)["config"]["Env"][-1]) == ("arm64", "a=arm64")
    assert resolve("public.ecr.aws/lambda/python:3.13-arm64", "amd64").architecture == "arm64"


@pytest.mark.parametrize(
    "reference",
    [
        "python:3.12",
        "public.ecr.aws/lambda/python:3.9",
        "public.ecr.aws/lambda/python:latest",
        "public.ecr.aws/lambda/nodejs:22",
        "public.ecr.aws/lambda/python:3.12@sha256:" + "0" * 64,
    ],
)
def test_a_base_that_cannot_be_stood_in_for_is_refused(context, reference):
    with pytest.raises(DockerfileError, match=r"Dockerfile line 1: FROM .* needs a Docker engine"):
        build(context(Dockerfile=f"FROM {reference}\n"))


def test_scratch_is_an_empty_base(context):
    image = build(context(Dockerfile="FROM scratch\nCOPY a /b/\n", a="x"))
    assert (image.stand_in, files(image)) == (False, {"b/a": (0o644, b"x")})


def test_configuration_instructions_end_up_in_the_config(context):
    folder = context(
        Dockerfile="ARG VERSION=3.12\nARG WHO=me\nFROM public.ecr.aws/lambda/python:${VERSION} AS one\n"
        'ARG WHO\nARG B=${WHO}!\nENV A="x y" C=$B\nENV OLD form of it\nENV A=z D=$A\n'
        'LABEL "com.example.a"=b who=$WHO\nEXPOSE 8080 53/udp\nVOLUME ["/data"]\nUSER 1000\nSTOPSIGNAL SIGINT\n'
        "WORKDIR /opt/app\nWORKDIR sub\nENTRYPOINT python app.py\n"
    )
    image = build(folder)
    config = document_of(image)["config"]
    assert config["Env"][-4:] == ["A=z", "C=me!", "OLD=form of it", "D=x y"]
    assert (image.labels["com.example.a"], image.labels["who"]) == ("b", "me")
    assert config["ExposedPorts"] == {"8080/tcp": {}, "53/udp": {}}
    assert (config["Volumes"], config["User"], config["StopSignal"]) == ({"/data": {}}, "1000", "SIGINT")
    assert config["WorkingDir"] == "/opt/app/sub"
    assert config["Entrypoint"] == ["/bin/sh", "-c", "python app.py"]
    assert len(document_of(image)["history"]) - len(image.layers) == sum(
        step.get("empty_layer", False) for step in document_of(image)["history"]
    )


def test_entrypoint_keeps_the_command_that_the_dockerfile_itself_has_given(context):
    config = build(
        context(Dockerfile=FROM + 'CMD ["a.b"]\nENTRYPOINT ["python", "-m", "awslambdaric"]')
    ).config.settings
    assert config["Cmd"] == ["a.b"]


TREE = {"a.txt": "a", "b.txt": "b", "d/e/c.txt": "c", "run.sh": "#!"}


@pytest.mark.parametrize(
    ("copy", "expected"),
    [
        ("COPY a.txt /x", {"x"}),
        ("COPY a.txt /x/", {"x/a.txt"}),
        ("COPY a.txt .", {"var/task/a.txt"}),
        ("COPY a.txt foo.", {"var/task/foo."}),
        ("COPY a.txt /opt", {"opt/a.txt"}),
        ("COPY *.txt /x/", {"x/a.txt", "x/b.txt"}),
        ("COPY [ab].txt d /x/", {"x/a.txt", "x/b.txt", "x/e/c.txt"}),
        ("COPY d /x", {"x/e/c.txt"}),
        ("COPY d/ d2/", {"var/task/d2/e/c.txt"}),
        ('COPY ["a.txt", "/with blank/"]', {"with blank/a.txt"}),
        ("COPY ./d/e/../e/c.txt /x", None),
        ("ADD a.txt ${LAMBDA_TASK_ROOT}/", {"var/task/a.txt"}),
        ("COPY /a.txt /", {"a.txt"}),
    ],
)
def test_copy_puts_files_where_docker_puts_them(context, copy, expected):
    folder = context(Dockerfile=FROM + copy, **TREE)
    if expected is None:
        with pytest.raises(DockerfileError, match="leads out of the build context"):
            build(folder)
    else:
        assert set(files(build(folder))) == expected


def test_modes_and_owners_follow_the_flags_else_the_executable_bit(context):
    folder = context(Dockerfile=FROM + "COPY a.txt run.sh /x/\nCOPY --chmod=711 --chown=5:root a.txt /y", **TREE)
    (folder / "run.sh").chmod(0o700)
    image = build(folder)
    assert {name: mode for name, (mode, _) in files(image, 1).items()} == {"x/a.txt": 0o644, "x/run.sh": 0o755}
    with tarfile.open(fileobj=io.BytesIO(image.layers[2])) as archive:
        member = archive.getmember("y")
    assert (member.mode, member.uid, member.gid, member.mtime) == (0o711, 5, 0, 1746748800)


def test_a_folder_that_is_there_keeps_its_mode(context):
    image = build(context(Dockerfile=FROM + "COPY d /tmp/", **TREE))
    with tarfile.open(fileobj=io.BytesIO(image.layers[-1])) as archive:
        assert archive.getnames() == ["tmp/e", "tmp/e/c.txt"]


def test_dockerignore_hides_files_until_an_exception_shows_them(context):
    folder = context(
        Dockerfile=FROM + "COPY . /x/",
        **{".dockerignore": "# comment\n**/*.pyc\nsecret\n!secret/shown\nDockerfile\n.dockerignore\n"},
        **{"a.py": "", "d/a.pyc": "", "secret/key": "", "secret/shown": ""},
    )
    assert set(files(build(folder))) == {"x/a.py", "x/secret/shown"}


def test_a_link_inside_a_copied_folder_stays_a_link(context):
    folder = context(Dockerfile=FROM + "COPY d /x", **TREE)
    (folder / "d/link").symlink_to("e/c.txt")
    assert files(build(folder))["x/link"] == (0o777, "e/c.txt")


@pytest.mark.parametrize(
    ("instruction", "says"),
    [
        (
            "COPY lambda_function.py ${LAMBDA_TASK_ROOT}",
            "line 2: COPY lambda_function.py .* there is no lambda_function.py",
        ),
        ("COPY *.none /x/", r"there is no \*.none"),
        ("COPY ../secret /x", "leads out of the build context"),
        ("COPY outside /x", "leads out of the build context"),
        ("COPY hidden /x", "hidden by .dockerignore"),
        ("COPY a.txt b.txt /x", "must be a folder; end it with /"),
        ("COPY pipe /x", "neither a file nor a folder"),
        ("COPY a.txt", "needs a source and a destination"),
        ("COPY a.txt /etc/os-release/x", "goes through /etc/os-release"),
        ("WORKDIR /etc/os-release", "goes through /etc/os-release"),
        ("COPY --chown=app a.txt /x", "use numbers"),
        ("COPY --chmod=u+x a.txt /x", "write it as a number"),
        ("ADD https://example.com/x /x", "from the network"),
        ("ADD packed.tar /x", "would unpack packed.tar"),
        ("COPY ${A:?x} /x", "only Docker supports"),
        ('COPY "a.txt /x', "never closed"),
        ("ENV A", "gives A no value"),
        ("ENV A=1 B", "name=value is expected"),
        ("EXPOSE http", "is not a port"),
        ("COPY a.txt /" + "n" * 300, "cannot be put into an image layer"),
    ],
)
def test_what_is_wrong_is_one_sentence_with_its_line(context, tmp_path, instruction, says):
    folder = context(Dockerfile=FROM + instruction, hidden="x", **{".dockerignore": "hidden"}, **TREE)
    (tmp_path / "secret").write_text("s")
    os.mkfifo(folder / "pipe")
    (folder / "outside").symlink_to(tmp_path / "secret")
    with tarfile.open(folder / "packed.tar", "w") as archive:
        archive.add(folder / "a.txt")
    with pytest.raises(DockerfileError, match=says):
        build(folder)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [((Path("nowhere"),), "There is no folder nowhere"), ((Path(), Path("none")), "There is no Dockerfile at none")],
)
def test_a_folder_or_dockerfile_that_is_not_there_is_named(arguments, says):
    with pytest.raises(DockerfileError, match=says):
        build(*arguments)


def test_an_unknown_architecture_is_refused(article):
    with pytest.raises(DockerfileError, match="riscv is not one of amd64, arm64"):
        build(article, architecture="riscv")


def test_the_package_needs_nothing_but_the_standard_library():
    code = "import sys, labkit.image, labkit.image.run.local, labkit.image.run.pool; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    foreign = {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names - {"labkit", "__main__"}
    assert not {name for name in foreign if name in ("boto3", "botocore", "awslambdaric", "tornado", "rich")}
