// The arrow keys lead to the previous and the next page, unless they scroll something or belong to a shortcut.
addEventListener('keydown', event => {
  const rel = {ArrowLeft: 'prev', ArrowRight: 'next'}[event.key]
  const shortcut = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey
  if (rel && !shortcut && !event.target.closest('pre, .scroll')) {
    document.querySelector(`.turn [rel=${rel}]`)?.click()
  }
})

// Each listing gets a button that copies it: of a console, the commands alone.
for (const pre of document.querySelectorAll('pre')) {
  const lines = pre.textContent.trimEnd().split('\n')
  const isConsole = pre.classList.contains('console')
  const text = isConsole ? lines.filter(line => line.startsWith('$ ')).map(line => line.slice(2)).join('\n') : lines.join('\n')
  const button = Object.assign(document.createElement('button'), {type: 'button', className: 'copy', textContent: 'Copy'})
  button.addEventListener('click', async () => {
    button.textContent = await copy(text) ? 'Copied' : 'Press Ctrl-C'
    setTimeout(() => { button.textContent = 'Copy' }, 2000)
  })
  pre.before(button)
}

async function copy(text) {
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(text).then(() => true, () => false)
  }
  const field = document.body.appendChild(document.createElement('textarea'))  // over plain HTTP, there is no clipboard
  field.value = text
  field.select()
  const done = document.execCommand('copy')
  field.remove()
  return done
}
