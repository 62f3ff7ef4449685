// Usage: hyper_aws4_list.js URL VERSION QUESTIONS; prints the answers to the questions, as JSON.
'use strict'
const { sign } = require('hyper-aws4')

const [base, version, questions] = process.argv.slice(2)
const http = require(base.startsWith('https:') ? 'https' : 'http')
const { HYPER_ACCESS = 'ACCESS', HYPER_SECRET = 'SECRET' } = process.env
const credential = { accessKey: HYPER_ACCESS, secretKey: HYPER_SECRET }

function get (url) {
  return new Promise((resolve, reject) => {
    const headers = sign({ url, method: 'GET', credential })
    const request = http.get(url, { headers, timeout: 30000 }, response => {
      const chunks = []
      response.on('data', chunk => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString()
        const { statusCode: status } = response
        resolve(status === 200 ? JSON.parse(body) : { status, message: body })
      })
    })
    request.on('timeout', () => request.destroy(new Error('no answer in time')))
    request.on('error', reject)
  })
}

function ask (question) {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(question)) {
    query.set(name, name === 'filters' ? JSON.stringify(value) : value)
  }
  return get(`${base}/v${version}/images/json?${query}`)
}

async function main () {
  const answers = []
  for (const question of JSON.parse(questions)) answers.push(await ask(question))
  console.log(JSON.stringify(answers))
}

main()
