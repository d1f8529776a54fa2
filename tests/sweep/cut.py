"""Cutting the power: what libpower noted, and how that is undone which was not synced.

All of it, or a part by chance, page by page and name by name, as a disk would that writes in
any order. A file's new end counts with nothing behind it or not at all, as journaling file
systems do it.
"""
import os
import shutil
import struct

PAGE = 4096
NOTE = struct.Struct("<IIQQQQ")
FILE, MADE, WRITE, CUT, SYNC, NAMES, UNLINKED = range(1, 8)


class Note:
    def __init__(self, kind, file, at, size, data):
        self.kind, self.file, self.at, self.size, self.data = kind, file, at, size, data
        self.length = 0
        self.safe = False

    @property
    def path(self):
        return self.data.decode()


def read_notes(path):
    raw = path.read_bytes()
    used = struct.unpack_from("<Q", raw)[0]
    notes, at = [], 8
    while at < 8 + used:
        kind, file, where, length, size, count = NOTE.unpack_from(raw, at)
        at += NOTE.size
        note = Note(kind, file, where, size, raw[at:at + count])
        note.length = length
        notes.append(note)
        at += count + 7 & ~7
    return notes


def mark_safe(notes):
    """What a later sync, of the file or of the directory around it, has kept."""
    for index, sync in enumerate(notes):
        for note in notes[:index]:
            if sync.kind == SYNC and note.kind in (WRITE, CUT):
                note.safe = note.safe or note.file == sync.file
            elif sync.kind == NAMES and note.kind in (MADE, UNLINKED):
                note.safe = note.safe or os.path.dirname(note.path) == sync.path


class Cut:
    """Undoes what was not safe."""

    def __init__(self, notes, kept, chance):
        self.notes = notes
        self.kept = kept      # where the bytes of unlinked files are
        self.chance = chance  # None: everything is lost
        self.places = {}
        for note in notes:
            if note.kind in (FILE, MADE):
                self.places[note.file] = note.path
            elif note.kind == UNLINKED:
                self.places[note.file] = f"{kept}.{note.file}"

    def play(self):
        for file, place in self.places.items():
            changes = [note for note in self.notes
                       if note.file == file and note.kind in (WRITE, CUT) and not note.safe]
            if changes and os.path.exists(place):
                self.undo_changes(place, changes)
        for note in reversed(self.notes):
            if note.kind in (MADE, UNLINKED) and not note.safe and self.is_lost():
                self.undo_name(note)

    def is_lost(self):
        return self.chance is None or self.chance.random() < 0.5

    def undo_name(self, note):
        if note.kind == UNLINKED:
            os.replace(self.places[note.file], note.path)
            self.places[note.file] = note.path
        elif os.path.isdir(note.path):
            shutil.rmtree(note.path)
        elif self.places[note.file] == note.path and os.path.exists(note.path):
            os.unlink(note.path)

    def undo_changes(self, place, changes):
        """From the last change back; an end that was kept stays the end."""
        first = self.first_lost_cut(changes)
        starts = {}  # page: its first change that is lost
        with open(place, "r+b") as file:
            sizes = [os.fstat(file.fileno()).st_size]
            end = None  # of an earlier cut that was kept
            for index in range(len(changes) - 1, -1, -1):
                note = changes[index]
                if index >= first:
                    self.restore(file, note, None, lambda page: True)
                    sizes = [note.size]
                elif note.kind == CUT:
                    end = note.at if end is None else min(end, note.at)
                else:
                    self.restore(file, note, end,
                                 lambda page, index=index: index >= starts.setdefault(
                                     page, self.pick(len(changes))))
                    sizes += [note.size] if end is None else []
            file.truncate(changes[0].size if self.chance is None
                          else self.chance.choice(sizes))

    def pick(self, count):
        return 0 if self.chance is None else self.chance.randint(0, count)

    def first_lost_cut(self, changes):
        """A new end that is lost takes along all that came after it."""
        for index, note in enumerate(changes):
            if note.kind == CUT and self.is_lost():
                return index
        return 0 if self.chance is None else len(changes)

    @staticmethod
    def restore(file, note, end, is_lost):
        """The old bytes of those pages that are lost; zeros where nothing was before."""
        if note.kind == CUT:
            file.seek(note.at)
            file.write(note.data)
            return
        old = note.data + bytes(note.length - len(note.data))
        last = note.at + note.length if end is None else min(end, note.at + note.length)
        at = note.at
        while at < last:
            behind = min((at // PAGE + 1) * PAGE, last)
            if is_lost(at // PAGE):
                file.seek(at)
                file.write(old[at - note.at:behind - note.at])
            at = behind
