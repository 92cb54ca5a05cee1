// The arrow keys lead to the previous and the next page, unless they scroll something or belong to a shortcut.
addEventListener('keydown', event => {
  const rel = {ArrowLeft: 'prev', ArrowRight: 'next'}[event.key]
  const shortcut = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey
  if (rel && !shortcut && !event.target.closest('pre, .scroll')) {
    document.querySelector(`[rel=${rel}]`)?.click()
  }
})

// On Windows, python3 is called python, and PowerShell has something else that is called curl.
if (navigator.platform.startsWith('Win')) {
  for (const code of document.querySelectorAll('.console code, :not(pre) > code')) {
    const html = code.innerHTML.replace(/\bpython3(?=[ <])/g, 'python')
    code.innerHTML = html.replace(/(?<=class="gp">\$ <\/span>)curl/g, 'curl.exe')
  }
}

// Each listing gets a button that copies it: of a console or of Python's shell, what is typed.
for (const pre of document.querySelectorAll('pre')) {
  const prompts = {console: /^\$ .*/gm, pycon: /^(>>>|\.\.\.)( .*)?$/gm}[pre.className]
  const button = document.createElement('button')
  button.className = 'copy'
  button.textContent = 'Copy'
  button.addEventListener('click', () => {
    const field = document.body.appendChild(document.createElement('textarea'))
    const text = pre.textContent
    field.value = prompts ? text.match(prompts).map(line => line.replace(/^\S+ ?/, '')).join('\n') : text
    field.select()
    button.textContent = document.execCommand('copy') ? 'Copied' : 'Not copied'  // without HTTPS, too
    field.remove()
  })
  pre.before(button)
}
