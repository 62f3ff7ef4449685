// Usage: dockerode_list.js URL VERSION QUESTIONS; prints the answers to the questions, as JSON.
'use strict'
const Docker = require('dockerode')

const [url, version, questions] = process.argv.slice(2)
const { hostname: host, port } = new URL(url)
const client = new Docker({ protocol: 'http', host, port, version: `v${version}`, timeout: 30000 })

async function ask (question) {
  try {
    return await client.listImages(question)
  } catch (error) {
    if (!error.statusCode) throw error
    return { status: error.statusCode, message: error.message }
  }
}

async function main () {
  const answers = []
  for (const question of JSON.parse(questions)) answers.push(await ask(question))
  console.log(JSON.stringify(answers))
}

main()
