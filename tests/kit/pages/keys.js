// The arrow keys lead to the previous and the next page, unless they scroll something or belong to a shortcut.
addEventListener('keydown', event => {
  const rel = {ArrowLeft: 'prev', ArrowRight: 'next'}[event.key]
  const shortcut = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey
  if (rel && !shortcut && !event.target.closest('pre, .scroll')) {
    document.querySelector(`.turn [rel=${rel}]`)?.click()
  }
})
