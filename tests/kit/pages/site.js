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
  const commands = lines.filter(line => line.startsWith('$ ')).map(line => line.slice(2))
  const button = Object.assign(document.createElement('button'), {type: 'button', className: 'copy', textContent: 'Copy'})
  button.addEventListener('click', () => {
    button.textContent = copy((pre.className === 'console' ? commands : lines).join('\n')) ? 'Copied' : 'Not copied'
  })
  pre.before(button)
}

// navigator.clipboard would be newer, but over plain HTTP browsers don't have it.
function copy(text) {
  const field = document.body.appendChild(document.createElement('textarea'))
  field.value = text
  field.select()
  const done = document.execCommand('copy')
  field.remove()
  return done
}
