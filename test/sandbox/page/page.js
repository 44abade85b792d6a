// Without this script the page works by its forms, and shows what is new when it is loaded again.

const notice = document.getElementById('notice')
const pause = document.getElementById('pause')
/** Of the wire, while it is paused: it must not move under what somebody reads. */
let held

const events = new EventSource('/events')
events.addEventListener('message', ({ data }) => {
  for (const piece of JSON.parse(data)) {
    if (held && /^(entry|step)-/.test(piece.id)) held.push(piece)
    else show(piece)
  }
})
events.addEventListener('error', () => say('The sandbox has ended, or cannot be reached.'))
events.addEventListener('open', () => say(''))

function show({ id, html, into, tag, isFixed }) {
  const known = document.getElementById(id)
  if (known && isFixed) return
  if (known) return replace(known, html)
  const made = document.createElement(tag)
  made.id = id
  made.innerHTML = html
  const parent = document.getElementById(into)
  if (tag === 'article') parent?.prepend(made)
  else parent?.append(made)
}

/** Whoever is there by keyboard stays there, and what is open or chosen stays so. */
function replace(element, html) {
  const fresh = document.createElement('template')
  fresh.innerHTML = html
  if (element.innerHTML === fresh.innerHTML) return
  const { activeElement } = document
  const hadFocus = element.contains(activeElement)
  const values = [...element.querySelectorAll('select, input:not([type=hidden])')].map(({ id, value }) => [
    id,
    value,
  ])
  const isOpen = element.querySelector('details')?.open
  element.replaceChildren(fresh.content)
  for (const [id, value] of values) {
    const field = document.getElementById(id)
    if (field) field.value = value
  }
  if (isOpen) element.querySelector('details')?.setAttribute('open', '')
  if (!hadFocus) return
  const next = document.getElementById(activeElement.id) ?? element.querySelector('summary')
  ;(next ?? document.getElementById('till')).focus()
}

document.addEventListener('submit', (event) => {
  event.preventDefault()
  const { target: form, submitter } = event
  const body = new URLSearchParams(new FormData(form, submitter))
  fetch(form.action, { method: 'POST', body, redirect: 'manual' }).catch(() =>
    say('The sandbox does not answer.'),
  )
})

document.addEventListener('click', async (event) => {
  const link = event.target.closest('a[data-copy]')
  if (!link) return
  event.preventDefault()
  const answer = await fetch(link.href)
  const text = await answer.text()
  if (!answer.ok) return say(text)
  await navigator.clipboard.writeText(text).then(
    () => say('Copied.'),
    // The browser does not allow it: the text is shown instead.
    () => location.assign(link.href),
  )
})

pause.addEventListener('click', () => {
  const pieces = held ?? []
  held = held ? undefined : []
  pause.setAttribute('aria-pressed', String(held !== undefined))
  for (const piece of pieces) show(piece)
})

function say(text) {
  notice.textContent = text
}
