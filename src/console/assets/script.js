// Without this script every page works, and shows what is new when it is loaded again.

const notice = document.getElementById('notice')

function say(text) {
  notice.textContent = text
}

document.addEventListener('click', async (event) => {
  const link = event.target.closest('a[data-copy]')
  if (!link) return
  event.preventDefault()
  const answer = await fetch(link.href).catch(() => undefined)
  if (!answer?.ok) return say('It could not be loaded.')
  const text = await answer.text()
  await navigator.clipboard.writeText(text).then(
    () => say('Copied.'),
    // The browser does not allow it: the text is shown instead.
    () => location.assign(link.href),
  )
})

// A second press of the same button sends nothing.
document.addEventListener('submit', (event) => {
  const { target: form } = event
  if (!form.matches('.act')) return
  if (form.dataset.isSent) event.preventDefault()
  form.dataset.isSent = 'yes'
})
// The browser may show a page again as it was left.
addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('.act')) delete form.dataset.isSent
})

const region = document.querySelector('[data-refresh]')
if (region) keepFresh(region)

/** Loads the region again and again, unless it is paused, or somebody is just reading or typing in it. */
function keepFresh(region) {
  const pause = document.createElement('button')
  pause.type = 'button'
  pause.setAttribute('aria-pressed', 'false')
  pause.textContent = 'Pause'
  const line = document.createElement('p')
  line.append(pause, ` This page is loaded again every ${region.dataset.refresh} seconds.`)
  region.before(line)
  pause.addEventListener('click', () =>
    pause.setAttribute('aria-pressed', String(pause.getAttribute('aria-pressed') === 'false')),
  )
  setInterval(
    async () => {
      if (document.hidden || pause.getAttribute('aria-pressed') === 'true') return
      if (region.contains(document.activeElement) || !getSelection().isCollapsed) return
      const answer = await fetch(location.href, { headers: { Accept: 'text/html' } }).catch(() => undefined)
      if (!answer?.ok) return say('The console does not answer. What is shown is older.')
      say('')
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html')
      const next = fresh.querySelector('[data-refresh]')
      const was = region.querySelector('h2')?.textContent
      if (next) region.replaceChildren(...next.childNodes)
      const is = region.querySelector('h2')?.textContent
      if (was !== is) say(is)
    },
    Number(region.dataset.refresh) * 1000,
  )
}
