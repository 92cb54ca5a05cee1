// The arrow keys lead to the previous and the next page, unless they scroll something or belong to a shortcut.
addEventListener('keydown', event => {
  const rel = {ArrowLeft: 'prev', ArrowRight: 'next'}[event.key]
  const shortcut = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey
  if (rel && !shortcut && !event.target.closest('pre, .scroll')) {
    document.querySelector(`.turn [rel=${rel}]`)?.click()
  }
})

// Each listing gets a button that copies it: of a console or of Python's shell, what is typed.
for (const pre of document.querySelectorAll('pre')) {
  const commands = pre.textContent.match(/(?<=^(\$|>>>|\.\.\.) ).*/gm)
  const button = document.createElement('button')
  Object.assign(button, {type: 'button', className: 'copy', textContent: 'Copy'})
  button.addEventListener('click', () => {
    const field = document.body.appendChild(document.createElement('textarea'))
    field.value = /con/.test(pre.className) ? commands.join('\n') : pre.textContent
    field.select()
    button.textContent = document.execCommand('copy') ? 'Copied' : 'Not copied'  // without HTTPS, too
    field.remove()
  })
  pre.before(button)
}
