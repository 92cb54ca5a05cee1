"""tasks.py carry: bring a fix in one step to all later ones.

`git apply --3way` was tried: it looks for the old lines in the file of the same name, and loses code that has moved to
another one, as most of it does in 07. So we look for them in all files.
"""
import difflib
import io
import subprocess
import tarfile
from dataclasses import dataclass

from packages import run_suite
from steps import CODE, STEPS, read_code
from terminal import stop

CONTEXTS = [(3, 3), (1, 1), (1, 0), (0, 1), (0, 0)]  # how many lines above and below a change


@dataclass
class Change:
    """Lines of a file that are replaced: (old lines, new lines), with less and less of what stands around them."""

    file: str
    versions: list

    def __eq__(self, other):
        return self.versions[2] == other.versions[2]  # with the line above


def carry(index):
    """Bring the uncommitted changes in a step to all later ones, and check them; return the exit status."""
    conflicts = carry_on(index)
    steps = [f'--step={number}' for number in range(index + 1, len(STEPS) + 1)]
    return run_suite(*steps) or min(conflicts, 1)


def carry_on(index):
    """Bring the uncommitted changes in a step to all later ones; return how many conflicts there are."""
    folder = STEPS[index][0]
    changes = find_changes(folder)
    if not changes:
        stop(f'Nothing is uncommitted in {folder.name}. Make the fix there first (in .py, .tpl or .css files).')
    conflicts = 0
    for folder, *_ in STEPS[index + 1:]:
        if not changes:
            break  # in conflict: whoever makes the fix in that step can carry it on from there
        files = {name: text.splitlines() for name, text in read_code(folder).items()}
        results = [bring(change, files, folder) for change in changes]
        lines = [f'{result:9} {where}' for result, where in results]
        print(f'{folder.name:19}' + f'\n{"":19}'.join(lines), flush=True)
        conflicts += [result for result, _ in results].count('conflict')
        had = [change for change, (result, _) in zip(changes, results) if result == 'had it']
        changes = find_changes(folder)  # for the next one, in the words of this step
        changes += [change for change in had if change not in changes]  # those of its last commit, too
    if conflicts:
        print('A conflict: the step differs from the one before. '
              'If it needs the fix, make it there, and carry it on from that step.', flush=True)
    return conflicts


def find_changes(folder):
    """Return the uncommitted changes in a step's code."""
    try:
        archive = subprocess.run(['git', 'archive', 'HEAD', '.'], cwd=folder, check=True, capture_output=True).stdout
    except (OSError, subprocess.CalledProcessError):
        stop('carry compares with the last commit: it needs git, and a clone of the kit.')
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        files = [file for file in tar if file.name.endswith(CODE)]
        old = {file.name: tar.extractfile(file).read().decode().splitlines() for file in files}
    new = {name: text.splitlines() for name, text in read_code(folder).items()}
    changes = []
    for name in sorted({*old, *new}):
        before, now = old.get(name, []), new.get(name, [])
        for tag, i, j, k, m in difflib.SequenceMatcher(None, before, now, False).get_opcodes():
            if tag != 'equal':
                versions = [(before[max(0, i - above):j + below], now[max(0, k - above):m + below])
                            for above, below in CONTEXTS]
                changes.append(Change(name, versions))
    return changes


def bring(change, files, folder):
    """Put new lines in the place of old ones, where just one place has them; return what came of it, and where."""
    old, new = change.versions[0]
    if not old:  # a new file
        files.setdefault(change.file, [])
    if not new and change.file not in files:  # a file that is deleted here, too
        return 'had it', change.file
    for old, new in change.versions:
        wanted = [(old, 'took it'), (new, 'had it')]
        if len(old) < len(new):
            wanted.reverse()  # first what says more
        for lines, result in wanted:
            place = find_place(lines, change.file, files)
            if place:
                file, index = place
                files[file][index:index + len(lines)] = new
                write(folder / file, files[file])
                return result, file
    _, new = change.versions[1]
    return 'conflict', f'{change.file}: {" / ".join(line.strip() for line in new)}'


def find_place(lines, name, files):
    """Return (file, index) of the one place of these lines, in the file of this name or else in any; or None."""
    for candidates in (files.keys() & {name}, files):
        places = [(file, index) for file in candidates for index in range(len(files[file]) + 1)
                  if files[file][index:index + len(lines)] == lines]
        if len(places) == 1:
            return places[0]


def write(path, lines):
    """Write lines into a file, or delete it if there are none."""
    if lines:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('\n'.join(lines) + '\n', encoding='utf-8', newline='\n')
    else:
        path.unlink()
