"""One example for a check: a small tree, and the findings it must give."""
from dataclasses import dataclass, field


@dataclass
class Case:
    about: str  # what is wrong with the tree, or fine about it
    files: dict  # path: text; @ROOT@ in a text is the folder of the tree
    finds: list = field(default_factory=list)  # "path:line: part of the text"; [] for clean
    args: list = field(default_factory=list)  # for the check; @ROOT@ as above
    copy: list = field(default_factory=list)  # folders and files taken from the real tree
    build: list = field(default_factory=list)  # shell commands before; @CHECK@ is it
    tools: bool = True  # False: the check finds no tool at all
