// Usage: dockerode_images.js URL VERSION PLAN; does what the plan says, and prints what it gets, as JSON.
'use strict'
const Docker = require('dockerode')

const [url, version, plan] = process.argv.slice(2)
const { repository, term, since } = JSON.parse(plan)
const { hostname: host, port } = new URL(url)
const client = new Docker({ protocol: 'http', host, port, version: `v${version}`, timeout: 60000 })

function lines (stream) {
  return new Promise((resolve, reject) => {
    client.modem.followProgress(stream, (error, output) => error ? reject(error) : resolve(output))
  })
}

async function pull (name) {
  return lines(await client.pull(name))
}

async function push (tag) {
  const authconfig = { username: 'someone', password: 'secret' }
  return lines(await client.getImage(repository).push({ tag, authconfig }))
}

async function failure (promise) {
  try {
    await promise
  } catch (error) {
    return { status: error.statusCode, message: error.json ? error.json.message : error.message }
  }
  throw new Error('it succeeds')
}

async function main () {
  const got = {}
  got.pull = await pull(`${repository}:amd64`)
  got.pullAgain = await pull(`${repository}:amd64`)
  got.pullFails = await failure(pull(`${repository}:nosuch`))
  const image = client.getImage(`${repository}:amd64`)
  got.inspect = await image.inspect()
  got.inspectFails = await failure(client.getImage('nosuch:1').inspect())
  got.history = await image.history()
  await image.tag({ repo: repository, tag: 'dockerode' })
  got.list = await client.listImages({ digests: true })
  got.push = await push('dockerode')
  got.search = await client.searchImages({ term })
  got.containers = await client.listContainers({ all: true })
  got.df = await client.df()
  got.remove = await client.getImage(`${repository}:dockerode`).remove()
  got.prune = await client.pruneImages({ filters: { dangling: ['false'] } })
  got.left = await client.listImages()
  const until = Date.now() / 1000
  got.events = await lines(await client.getEvents({ since, until }))
  console.log(JSON.stringify(got))
}

main()
