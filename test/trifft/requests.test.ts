import { expect } from 'chai'
import nock from 'nock'
import { apiKey, caller, coreOrigin, coreParts, everyCall, exchangeWith, order } from './setup.ts'

describe('what is sent to the core', () => {
  const bodies: Record<string, object> = {
    redeemCoupon: { user_coupon_id: 'uc-1' },
    restoreCoupon: { user_coupon_id: 'uc-1' },
    takePoints: { points: 200 },
    givePointsBack: { points: 200 },
  }

  for (const { name, method, path, good, call } of everyCall) {
    it(`${name}: ${method} ${path}, with the till's key`, async () => {
      const { client, clock } = coreParts()
      const expected = bodies[name] && {
        ...bodies[name],
        venue_id_type: 'CustomParam',
        venue_id: 'aztecVenueId:1902',
        reference: 'red-1',
      }
      const headers: Record<string, string> = {
        authorization: `Bearer ${apiKey}`,
        accept: 'application/json',
      }
      if (method === 'POST') {
        headers['idempotency-key'] = 'red-1:take'
        headers['content-type'] = 'application/json'
      }
      const badheaders = method === 'GET' ? ['idempotency-key', 'content-type'] : []
      nock(coreOrigin, { reqheaders: headers, badheaders })
        .intercept(path, method, expected as nock.RequestBodyMatcher | undefined)
        .reply(200, good)
      await call(client, exchangeWith(clock))
      await client.close()
    })
  }

  it('percent-encodes the card in the path', async () => {
    const { client, clock } = coreParts()
    const paths: string[] = []
    nock(coreOrigin)
      .get((uri) => paths.push(uri) > 0)
      .reply(200, [])
    await client.readRewards(caller, 'a/b?c#d é', exchangeWith(clock))
    expect(paths).to.include('/v1/card/a%2Fb%3Fc%23d%20%C3%A9/coupons?status=activated')
    await client.close()
  })

  it('takes the slug of the venue from the configuration, in the query and in bodies', async () => {
    const { client, clock } = coreParts({ CORE_VENUE_PARAMETER: 'siteId' })
    nock(coreOrigin).get('/v1/venue?param=siteId:1902').reply(200, [])
    nock(coreOrigin)
      .post('/v1/card/URCARD123/points/debit', (body) => body.venue_id === 'siteId:1902')
      .reply(200, { balance: 0 })
    await client.findVenue(caller.credentials, exchangeWith(clock), { wasApproved: true })
    await client.takePoints({ ...order, points: 1 }, exchangeWith(clock))
    await client.close()
  })

  it('works below a base URL without a path', async () => {
    const { client, clock } = coreParts({ CORE_BASE_URL: coreOrigin })
    nock(coreOrigin).get('/card/URCARD123/coupons?status=activated').reply(200, [])
    expect(await client.readRewards(caller, 'URCARD123', exchangeWith(clock))).to.deep.equal([])
    await client.close()
  })
})
