import type { Operation } from '../../simulators/till/messages.ts'

/** How a till words JSON. The plugin's wire format is not public, so the adapter understands all of these. */
export type JsonWording = {
  name: string
  /** What follows the base address. */
  path: (operation: Operation) => string
  isMethodInside: boolean
  mediaType: string
  isEnveloped: boolean
  /** @param list of which this is an entry's field */
  spell: (name: string, list?: string) => string
  credentials: 'header' | 'username' | 'token'
  amounts: 'number' | 'text'
  ids: 'text' | 'number'
  times: 'offset' | 'local'
}

const plain: JsonWording = {
  name: 'plain JSON',
  path: (operation) => `/${operation}`,
  isMethodInside: false,
  mediaType: 'application/json',
  isEnveloped: false,
  spell: (name) => name,
  credentials: 'header',
  amounts: 'number',
  ids: 'text',
  times: 'offset',
}

const pascal = (name: string) => name.charAt(0).toUpperCase() + name.slice(1)

/** Names of Zonal's Basket Data subscription, if it has one for a field. */
const basketNames: Record<string, string> = {
  cardNumber: 'CardId',
  siteId: 'AztecSiteId',
  siteRef: 'PlatformServicesSiteId',
  closedAt: 'TransactionDate',
  total: 'TotalSpend',
}
const basketItemNames: Record<string, string> = { id: 'AztecID', unitPrice: 'Price' }
const namesByList: Record<string, Record<string, string>> = { '': basketNames, items: basketItemNames }

function basketData(name: string, list = '') {
  return namesByList[list]?.[name] ?? pascal(name)
}

const bareBase = { path: () => '', isMethodInside: true }

/** The first is the easiest to read, the last does everything differently at once. */
export const jsonWordings: readonly [JsonWording, ...JsonWording[]] = [
  plain,
  { ...plain, name: 'path in capitals', path: (operation) => `/${operation.toUpperCase()}` },
  { ...plain, name: 'path in title case with a slash', path: (operation) => `/${pascal(operation)}/` },
  { ...plain, name: 'bare base', ...bareBase },
  { ...plain, name: 'bare base with a slash and envelope', ...bareBase, path: () => '/', isEnveloped: true },
  { ...plain, name: 'envelope', isEnveloped: true },
  { ...plain, name: 'text/json', mediaType: 'text/json; charset=utf-8' },
  { ...plain, name: 'vendor media type', mediaType: 'application/vnd.zonal.loyalty+json' },
  { ...plain, name: 'form', mediaType: 'application/x-www-form-urlencoded' },
  { ...plain, name: 'PascalCase', spell: pascal },
  { ...plain, name: 'lowercase', spell: (name) => name.toLowerCase() },
  { ...plain, name: 'names of the Basket Data subscription', spell: basketData },
  { ...plain, name: 'user name and password inside', credentials: 'username' },
  { ...plain, name: 'token and password inside', credentials: 'token', isEnveloped: true },
  { ...plain, name: 'amounts as text', amounts: 'text' },
  { ...plain, name: 'ids as numbers', ids: 'number' },
  { ...plain, name: 'local times', times: 'local' },
  {
    name: 'all at once',
    ...bareBase,
    mediaType: 'application/x-www-form-urlencoded',
    isEnveloped: false,
    spell: basketData,
    credentials: 'token',
    amounts: 'text',
    ids: 'number',
    times: 'local',
  },
]
