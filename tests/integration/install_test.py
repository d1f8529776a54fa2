"""What `cmake --install` puts where, and that it works there: imh, and the SDK for plugins
that are built outside of this tree."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from conftest import BUILD, PATIENCE_S

SOURCE = Path(__file__).resolve().parents[2]
HEADERS = sorted(path.name for path in (SOURCE / "sdk/include/imh").glob("*.h"))
PLUGINS = sorted(path.name for path in (BUILD / "lib/imh/plugins").glob("*.so"))
FILES = sorted([
    "bin/imh", "lib/imh/imh-net", "lib/imh/imh-worker",
    *(f"lib/imh/plugins/{name}" for name in PLUGINS),
    *(f"include/imh/{name}" for name in HEADERS),
    "share/cmake/imh/imh-config.cmake", "share/cmake/imh/imh-config-version.cmake",
    "share/cmake/imh/imh_add_plugin.cmake", "share/cmake/imh/plugin.map",
    "share/pkgconfig/imh.pc",
    "share/doc/imh/examples/hello/hello.c", "share/doc/imh/examples/hello/CMakeLists.txt",
    "lib/systemd/system/imh.service",
    "share/man/man1/imh.1", "share/man/man5/imh.ini.5",
])
PROGRAMS = ("bin/imh", "lib/imh/imh-net", "lib/imh/imh-worker")


def run(*command, cwd=None, **env):
    done = subprocess.run([str(word) for word in command], cwd=cwd, timeout=PATIENCE_S,
                          env={**os.environ, **env}, text=True, capture_output=True,
                          check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def usr(tmp_path_factory):
    """The /usr of a machine that imh was installed on."""
    root = tmp_path_factory.mktemp("machine")
    run("cmake", "--install", BUILD, "--prefix", "/usr", DESTDIR=str(root))
    return root / "usr"


# ---- the layout ----

def test_everything_is_in_its_place_and_nothing_else(usr):
    found = sorted(str(path.relative_to(usr)) for path in usr.rglob("*") if not path.is_dir())
    assert found == FILES


def test_only_programs_can_be_run_and_only_their_owner_may_change_anything(usr):
    for name in FILES:
        mode = stat.S_IMODE((usr / name).stat().st_mode)
        assert not mode & (stat.S_IWGRP | stat.S_IWOTH), name
        assert bool(mode & stat.S_IXOTH) == (name in PROGRAMS), name


def test_no_file_knows_where_it_was_built(usr):
    for name in FILES:
        content = (usr / name).read_bytes()
        if name.endswith(".so") or name in PROGRAMS:
            listed = run("readelf", "-d", usr / name)
            assert "RUNPATH" not in listed and "RPATH" not in listed
        else:
            assert str(BUILD).encode() not in content
            assert str(SOURCE).encode() not in content


def test_manual_pages_are_manual_pages(usr):
    assert ".Dt IMH 1\n" in (usr / "share/man/man1/imh.1").read_text()
    assert ".Dt IMH.INI 5\n" in (usr / "share/man/man5/imh.ini.5").read_text()


# ---- imh where it was installed ----

def test_imh_finds_its_parts(usr, site):
    imh = usr / "bin/imh"
    assert run(imh, "--version").startswith("imh ")
    (site.folder / "imh.ini").write_text("[host]\nstate = state\n")
    listed = run(imh, "-c", "imh.ini", "plugin", "list", cwd=site.folder)
    for name in PLUGINS:
        assert name.removesuffix(".so") in listed
    assert "refused" not in listed


def test_imh_renders_with_what_was_installed(usr, site, shop):
    site.write("imh.ini", "[host]\nstate = state\n")
    site.integration("mywebshop", "magento2", url=shop.url, token=site.secret(shop.token))
    site.write("mail.txt", '{$mywebshop.product["24-MB01"].name}\n')
    printed = run(usr / "bin/imh", "-c", "imh.ini", "render", "acme", "mail.txt",
                  cwd=site.folder)
    assert printed == "Joust Duffle Bag\n"


# ---- plugins outside of the tree ----

@pytest.fixture
def project(usr, tmp_path):
    """The example, copied to where somebody works."""
    folder = tmp_path / "hello"
    shutil.copytree(usr / "share/doc/imh/examples/hello", folder)
    return folder


def inspect(usr, plugin):
    return run(usr / "bin/imh", "plugin", "inspect", plugin, cwd=plugin.parent)


def exported(plugin):
    listed = run("nm", "--dynamic", "--defined-only", "--format=posix", plugin)
    return [line.split()[0] for line in listed.splitlines()]


def test_a_plugin_is_built_with_cmake(usr, project):
    run("cmake", "-S", project, "-B", project / "build", f"-DCMAKE_PREFIX_PATH={usr}",
        "-DCMAKE_C_FLAGS=-Wall -Wextra -Wpedantic -Werror")
    run("cmake", "--build", project / "build")
    plugin = project / "build/hello.so"
    assert exported(plugin) == ["imh_plugin_entry"]
    assert "plugin = hello\n" in inspect(usr, plugin)
    run("cmake", "--install", project / "build", "--prefix", project / "prefix")
    assert (project / "prefix/lib/imh/plugins/hello.so").exists()


def test_a_plugin_that_misses_something_is_not_linked(usr, project):
    (project / "hello.c").write_text(
        "#include <imh/imh.h>\nvoid absent(void);\n"
        "static imh_status check(void *self, imh_call *call)\n"
        "{ (void)self; (void)call; absent(); return IMH_OK; }\n"
        'const imh_plugin imh_plugin_entry = {.abi = IMH_ABI, .name = "hello", '
        '.version = "1", .check = check};\n')
    run("cmake", "-S", project, "-B", project / "build", f"-DCMAKE_PREFIX_PATH={usr}")
    done = subprocess.run(["cmake", "--build", project / "build"], text=True,
                          capture_output=True, check=False, timeout=PATIENCE_S)
    assert done.returncode != 0
    assert "absent" in done.stdout + done.stderr


def test_imh_add_plugin_works_below_the_folder_that_found_the_package(usr, project):
    (project / "below").mkdir()
    (project / "below/CMakeLists.txt").write_text("imh_add_plugin(hello ../hello.c)\n")
    (project / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(several C)\nfind_package(imh REQUIRED)\n"
        "add_subdirectory(below)\nmessage(STATUS \"plugins go to ${IMH_PLUGIN_DIR}.\")\n")
    said = run("cmake", "-S", project, "-B", project / "build", f"-DCMAKE_PREFIX_PATH={usr}")
    assert f"plugins go to {usr}/lib/imh/plugins." in said
    run("cmake", "--build", project / "build")
    assert exported(project / "build/below/hello.so") == ["imh_plugin_entry"]


def test_a_plugin_is_built_with_pkg_config(usr, project):
    environment = {"PKG_CONFIG_PATH": str(usr / "share/pkgconfig")}
    flags = run("pkg-config", "--cflags", "imh", **environment).split()
    libs = run("pkg-config", "--libs", "imh", **environment).split()
    run("cc", "-Wall", "-Wextra", "-Werror", *flags, "-o", "hello.so", "hello.c", *libs,
        cwd=project)
    assert exported(project / "hello.so") == ["imh_plugin_entry"]
    assert "plugin = hello\n" in inspect(usr, project / "hello.so")
    folder = run("pkg-config", "--variable=plugindir", "imh", **environment).strip()
    assert (Path(folder) / PLUGINS[0]).exists()


def test_the_example_is_small(usr):
    """The smallest useful plugin fits on a page."""
    lines = (usr / "share/doc/imh/examples/hello/hello.c").read_text().splitlines()
    assert len(lines) <= 65
