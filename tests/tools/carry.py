"""tasks.py carry: bring a fix in one step to all later ones.

`git apply --3way` was tried: it looks for the old lines in the file of the same name, and loses code that has moved to
another one, as most of it does in 07. So we look for them in all files.
"""
import io
import subprocess
import tarfile
from pathlib import PurePath

from diffs import match
from runner import check_steps
from steps import CODE, STEPS, read_code
from terminal import stop

CONTEXTS = [(3, 3), (1, 1), (1, 0), (0, 1), (0, 0)]  # how many lines above and below have to be the same


def carry(index):
    """Bring the uncommitted changes in a step to all later ones, and check them; return the exit status."""
    changes, conflicts = find_changes(STEPS[index][0]), 0
    for folder, *_ in STEPS[index + 1:]:
        files = {name: text.splitlines() for name, text in read_code(folder).items()}
        results = [bring(change, files, folder) for change in changes]
        lines = [f'{result:9} {where}' for result, where, _ in results]
        if lines:
            print(f'{folder.name:19}' + f'\n{"":19}'.join(lines), flush=True)
        changes = [change for *_, change in results if change]
        conflicts += len(results) - len(changes)
    if conflicts:
        print('A conflict: the step differs from the one before. '
              'If it needs the fix, make it there, and carry it on from that step.', flush=True)
    return check_steps(range(index, len(STEPS))) or min(conflicts, 1)


def find_changes(folder):
    """Return the uncommitted changes in a step: (file, lines above, old lines, new lines, lines below)."""
    try:
        archive = subprocess.run(['git', 'archive', 'HEAD', '.'], cwd=folder, check=True, capture_output=True).stdout
    except (OSError, subprocess.CalledProcessError):
        stop('carry compares with the last commit: it needs git, and a clone of the kit.')
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        old = {file.name: tar.extractfile(file).read().decode() for file in tar if file.name.endswith(CODE)}
    new, changes = read_code(folder), []
    for name in sorted({*old, *new}):
        before, now = (files.get(name, '').splitlines() for files in (old, new))
        for tag, i, j, k, m in match(before, now).get_opcodes():
            if tag != 'equal':
                changes.append((name, now[max(0, k - 3):k], before[i:j], now[k:m], before[j:j + 3]))
    if not changes:
        stop(f'Nothing is uncommitted in {folder.name}. Make the fix there first (in {", ".join(CODE)} files).')
    return changes


def bring(change, files, folder):
    """Make a change where just one place has its lines; return what came of it, where, and the change in new words."""
    name, above, old, new, below = change
    if not [*above, *old, *below]:  # a new file
        files.setdefault(name, [])
    is_there = any(PurePath(file).name == PurePath(name).name for file in files)  # perhaps in another folder
    if not [*above, *new, *below] and not is_there:  # a file that is deleted here, too
        return 'had it', name, change
    for count_above, count_below in CONTEXTS:
        top, end = above[max(0, len(above) - count_above):], below[:count_below]
        wanted = [(old, 'took it'), (new, 'had it')]
        if len(old) < len(new):
            wanted.reverse()  # first what says more
        for lines, result in wanted:
            place = find_place([*top, *lines, *end], name, files)
            if place:
                file, start = place[0], place[1] + len(top)
                text = files[file]
                text[start:start + len(lines)] = new
                write(folder / file, text)
                after = start + len(new)
                return result, file, (file, text[max(0, start - 3):start], old, new, text[after:after + 3])
    return 'conflict', f'{name}: {" / ".join(line.strip() for line in [*above[-1:], *new, *below[:1]])}', None


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
