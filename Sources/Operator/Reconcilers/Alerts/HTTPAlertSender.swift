package import ApusAPI
import Foundation
import HTTPTransport

/// Sends what an `HTTPAlertChannelSpec` says. The answer is judged by its status; the rest of it is not read.
package struct HTTPAlertSender<Spec: HTTPAlertChannelSpec>: AlertChannel {
  private let spec: Spec
  private let url: Credential
  private let secret: Credential

  package init(_ spec: Spec, _ secrets: ChannelSecrets) async throws(ChannelProblem) {
    self.spec = spec
    switch spec.receiver {
    case .url(let text): url = Credential(text)
    case .secretURL(let reference): url = try await secrets.url(reference)
    }
    if let reference = spec.messageSecretRef {
      secret = try await secrets.line(reference)
    } else {
      secret = Credential("")
    }
  }

  package func send(_ alert: Alert, except settled: Set<String>, over wires: AlertWires) async -> Delivery {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let body = try? encoder.encode(spec.message(alert, secret: secret.text)) else {
      return .failed("the alert cannot be written as JSON", .never)
    }
    let request = HTTPRequest(
      .post, url: url.text, headers: ["Content-Type": "application/json", "Idempotency-Key": alert.id],
      body: Array(body), timeouts: HTTPTimeouts(connect: .seconds(5), idle: .seconds(10), total: .seconds(10)))
    do {
      let answer = try await wires.http.stream(request)
      return answer.isSuccess ? .done : Self.refusal(answer)
    } catch {
      let retry: Delivery.Retry =
        switch error {
        case .invalidRequest, .notAllowed: .later
        default: .atOnce
        }
      return .failed("\(error)", retry, concernsChannel: true)
    }
  }

  /// What is refused now may be taken by a later try: people mend a webhook.
  private static func refusal(_ answer: HTTPStream) -> Delivery {
    let retryAfter = answer.headers["retry-after"]
    // Following would hand the alert, and a URL that is a secret, to whoever the server names.
    let isRedirect = (300..<400).contains(answer.status)
    var delivery = Delivery.failed(
      "the server answered \(answer.status)"
        + (isRedirect ? ", a redirect, which is not followed; configure the URL that it leads to" : ""),
      answer.status >= 500 && retryAfter == nil ? .atOnce : .later,
      concernsChannel: answer.status == 429 || retryAfter != nil)
    delivery.failure?.retryAfter = retryAfter
    return delivery
  }
}
