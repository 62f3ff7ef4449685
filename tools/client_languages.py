"""How the client of each generator is compiled and run, for `tools.generated_clients`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Language:
    """How to generate, compile and run the client of one language.

    Commands run in a folder with the generated clients, of which ``{client}`` is one, and the
    ``program``; ``{bin}`` is the folder of the Python tools.
    """

    name: str
    #: The heading of its commands in the README, and the folder of its program.
    generator: str
    folder: str
    #: The compiler, as named in the table.
    strictness: str
    needs: Sequence[str]
    #: Compiles a client alone.
    compile_client: Sequence[Sequence[str]]
    #: Compiles the program with the client.
    compile_program: Sequence[Sequence[str]]
    run: Sequence[str]
    #: Installs the prerequisites of compiling.
    prepare: Sequence[Sequence[str]] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


LANGUAGES = (
    Language(
        "Python",
        "openapi-generator, `python`",
        "python",
        "`mypy --strict`, `python -W error`",
        (),
        (("{bin}/python", "-W", "error", "-m", "compileall", "-q", "{client}"),),
        (
            ("{bin}/pip", "install", "--quiet", "--disable-pip-version-check", "./{client}"),
            ("{bin}/mypy", "--strict", "program/scenario.py"),
        ),
        ("{bin}/python", "-W", "error", "program/scenario.py"),
    ),
    Language(
        "TypeScript",
        "openapi-generator, `typescript-fetch`",
        "typescript",
        "`tsc --strict`",
        ("node", "npm"),
        (
            (
                *("program/node_modules/.bin/tsc", "--noEmit", "--strict", "--target", "es2022"),
                *("--module", "commonjs", "--lib", "es2022,dom,dom.iterable", "{client}/index.ts"),
            ),
        ),
        (("program/node_modules/.bin/tsc", "--project", "program"),),
        ("node", "program/out/program/scenario.js"),
        (("npm", "--prefix", "program", "install", "--silent", "--no-package-lock"),),
    ),
    Language(
        "Go",
        "openapi-generator, `go`",
        "go",
        "`go vet`, `go build`",
        ("go",),
        (("go", "-C", "{client}", "vet", "."),),
        (
            ("go", "-C", "program", "vet", "."),
            ("go", "-C", "program", "build", "-o", "../scenario", "."),
        ),
        ("./scenario",),
    ),
    Language(
        "Java",
        "openapi-generator, `java`",
        "java",
        "`javac`; the program `-Xlint:all -Werror`",
        ("java", "javac", "mvn"),
        (
            (
                *("mvn", "--quiet", "--batch-mode", "--file", "{client}/pom.xml"),
                *("-Dmaven.test.skip", "-Dmaven.javadoc.skip", "-Dmaven.source.skip"),
                *("package", "dependency:copy-dependencies", "-DoutputDirectory=../jars"),
            ),
        ),
        (
            (
                *("javac", "-Xlint:all", "-Werror", "-d", "classes"),
                *("-cp", "{client}/target/classes:jars/*", "program/Scenario.java"),
            ),
        ),
        ("java", "-cp", "classes:client/target/classes:jars/*", "Scenario"),
    ),
    Language(
        "Rust",
        "openapi-generator, `rust`",
        "rust",
        "`cargo build`, `-D warnings`",
        ("cargo",),
        # Both clients are compiled with the program, so that shared code is compiled once.
        (),
        (("cargo", "build", "--quiet", "--manifest-path", "program/Cargo.toml"),),
        ("target/debug/scenario",),
        environment={"RUSTFLAGS": "-D warnings", "CARGO_TARGET_DIR": "target"},
    ),
    Language(
        "Ruby",
        "openapi-generator, `ruby`",
        "ruby",
        "`ruby -w`",
        ("ruby",),
        (("ruby", "-w", "-I", "{client}/lib", "-r", "images_client", "-e", ""),),
        (("ruby", "-w", "-c", "program/scenario.rb"),),
        ("ruby", "-w", "-I", "client/lib", "program/scenario.rb"),
    ),
    Language(
        "Python",
        "openapi-python-client",
        "openapi-python-client",
        "`mypy --strict`, `python -W error`",
        (),
        (("{bin}/python", "-W", "error", "-m", "compileall", "-q", "{client}"),),
        (
            ("{bin}/pip", "install", "--quiet", "--disable-pip-version-check", "./{client}"),
            ("{bin}/mypy", "--strict", "program/scenario.py"),
        ),
        ("{bin}/python", "-W", "error", "program/scenario.py"),
    ),
    Language(
        "TypeScript",
        "openapi-typescript",
        "openapi-typescript",
        "`tsc --strict`",
        ("node", "npm"),
        (("program/node_modules/.bin/tsc", "--noEmit", "--strict", "{client}/images.ts"),),
        (("program/node_modules/.bin/tsc", "--project", "program"),),
        ("node", "program/out/program/scenario.js"),
        (("npm", "--prefix", "program", "install", "--silent", "--no-package-lock"),),
    ),
    Language(
        "Rust",
        "progenitor",
        "progenitor",
        "`cargo build`, `-D warnings`",
        ("cargo",),
        (("cargo", "build", "--quiet", "--manifest-path", "{client}/Cargo.toml"),),
        (("cargo", "build", "--quiet", "--manifest-path", "program/Cargo.toml"),),
        ("target/debug/scenario",),
        environment={"RUSTFLAGS": "-D warnings", "CARGO_TARGET_DIR": "target"},
    ),
)
