import Foundation
import JSON
import Testing

@testable import OperatorIdentity

/// A token of the operator is good for one request to one pod, for a minute.
@Suite struct OperatorTokenTests {
  private static let now = 1_796_000_000.0
  private static let key = OperatorSigningKey()
  private static let call = OperatorCall(
    address: "10.0.0.7", model: "shop/income", method: "POST", target: "/model/reload", body: Data("{}".utf8))
  private static let known = OperatorPublicKeys(
    model: "shop/income", keys: [OperatorSigningKey().publicKey, key.publicKey])

  private static func verdict(
    _ token: some StringProtocol, _ call: OperatorCall = OperatorTokenTests.call,
    by keys: OperatorPublicKeys = OperatorTokenTests.known, at time: Double = OperatorTokenTests.now
  ) -> Result<String, OperatorTokenRefusal> {
    Result { () throws(OperatorTokenRefusal) -> String in try keys.signedBody(token, of: call, at: time) }
  }

  @Test func `its own request is the operator's, and the token names the body`() throws {
    let token = try Self.key.token(for: Self.call, at: Self.now)
    #expect(Self.verdict(token) == .success(OperatorCall.digest(of: Data("{}".utf8))))
    #expect(OperatorCall.digest(of: Data("{}".utf8)) != OperatorCall.digest(of: Data("{ }".utf8)))
    // As any reader of JWTs sees it.
    let parts = token.split(separator: ".").map(String.init)
    let head = try JSONValue(parsing: try #require(Base64URL.decode(parts[0])))
    let claims = try JSONValue(parsing: try #require(Base64URL.decode(parts[1])))
    #expect(head == ["alg": "EdDSA", "kid": .string(Self.key.id), "typ": "JWT"])
    #expect(claims["iss"] == "apus-operator" && claims["aud"] == "10.0.0.7" && claims["sub"] == "shop/income")
    #expect(claims["exp"]?.integer == 1_796_000_060)
  }

  @Test(
    arguments: [
      (OperatorCall(address: "10.0.0.8", model: "shop/income", method: "POST", target: "/model/reload"), .otherPod),
      (OperatorCall(address: "10.0.0.7", model: "shop/other", method: "POST", target: "/model/reload"), .otherModel),
      (OperatorCall(address: "10.0.0.7", model: "shop/income", method: "GET", target: "/model/reload"), .otherRequest),
      (OperatorCall(address: "10.0.0.7", model: "shop/income", method: "POST", target: "/logs"), .otherRequest),
      (
        OperatorCall(address: "10.0.0.7", model: "shop/income", method: "POST", target: "/model/reload?a=b"),
        .otherRequest
      ),
    ] as [(OperatorCall, OperatorTokenRefusal)])
  func `another request is not`(_ call: OperatorCall, _ refusal: OperatorTokenRefusal) throws {
    #expect(Self.verdict(try Self.key.token(for: Self.call, at: Self.now), call) == .failure(refusal))
  }

  @Test(arguments: [(-31.0, false), (-29, true), (59, true), (89, true), (91, false), (1e9, false)])
  func `it holds for a minute, and half of one for clocks that differ`(_ later: Double, _ holds: Bool) throws {
    let token = try Self.key.token(for: Self.call, at: Self.now)
    let verdict = Self.verdict(token, at: Self.now + later)
    if holds { #expect((try? verdict.get()) != nil) } else { #expect(verdict == .failure(.untimely)) }
  }

  @Test func `a long life that somebody has signed is cut to a minute`() throws {
    // As a token that was made in advance, for a stolen moment later: its own words do not make it longer.
    let token = try Self.key.token(for: Self.call, at: Self.now + 20)
    #expect((try? Self.verdict(token).get()) != nil)
    #expect(Self.verdict(token, at: Self.now + 111) == .failure(.untimely))
  }

  @Test func `what another key has signed, or somebody has changed, is refused`() throws {
    let token = try Self.key.token(for: Self.call, at: Self.now)
    let parts = token.split(separator: ".").map(String.init)
    let stranger = try OperatorSigningKey().token(for: Self.call, at: Self.now).split(separator: ".").map(String.init)
    let claims: JSONValue = try JSONValue(parsing: try #require(Base64URL.decode(parts[1])))
      .merged(with: ["aud": "10.0.0.8"])
    let other = Base64URL.encode(claims.bytes)
    let none = Base64URL.encode(JSONValue.object(["alg": "none", "kid": .string(Self.key.id), "typ": "JWT"]).bytes)
    let spaced = Base64URL.encode(Array(#"{"alg":"EdDSA", "kid":"\#(Self.key.id)","typ":"JWT"}"#.utf8))
    let cases: [(String, OperatorTokenRefusal)] = [
      (stranger.joined(separator: "."), .unknownKey),
      ("\(parts[0]).\(stranger[1]).\(stranger[2])", .forged),
      ("\(parts[0]).\(other).\(parts[2])", .forged),
      ("\(none).\(parts[1]).", .unknownKey), ("\(none).\(parts[1]).\(parts[2])", .unknownKey),
      ("\(spaced).\(parts[1]).\(parts[2])", .unknownKey),
      ("\(parts[0]).\(parts[1]).\(parts[2])=", .unreadable), ("\(parts[0]).\(parts[1])", .unreadable),
      ("\(token).", .unreadable), ("", .unreadable), ("a.b.c", .unreadable), ("...", .unreadable),
      (String(repeating: "a", count: 5000), .unreadable), ("secret-token-of-a-client", .unreadable),
    ]
    for (text, refusal) in cases { #expect(Self.verdict(text) == .failure(refusal), "\(text.prefix(80))") }
    #expect(Self.verdict(token, by: OperatorPublicKeys(model: "shop/income", keys: [])) == .failure(.unknownKey))
    // The keys of one model's servers hold for that model.
    #expect(
      Self.verdict(token, by: OperatorPublicKeys(model: "shop/other", keys: [Self.key.publicKey]))
        == .failure(.otherModel))
  }

  @Test func `no character of a token can be changed, added or left out`() throws {
    let token = Array(try Self.key.token(for: Self.call, at: Self.now))
    for place in token.indices {
      for other in ["A", "B", "_", ".", "=", "+", " ", "é"] as [Character] where token[place] != other {
        var changed = token
        changed[place] = other
        #expect((try? Self.verdict(String(changed)).get()) == nil, "\(place) is \(other)")
        changed = token
        changed.insert(other, at: place)
        #expect((try? Self.verdict(String(changed)).get()) == nil, "\(other) before \(place)")
      }
      var shorter = token
      shorter.remove(at: place)
      #expect((try? Self.verdict(String(shorter)).get()) == nil, "without \(place)")
    }
  }

  @Test func `keys are kept as text and never described`() throws {
    let kept = try #require(OperatorSigningKey(secret: Self.key.secret))
    #expect(kept.id == Self.key.id && kept.publicKey == Self.key.publicKey)
    #expect(!"\(kept)".contains(kept.secret) && !String(reflecting: kept).contains(kept.secret))
    var text = ""
    dump(kept, to: &text)
    #expect(!text.contains(kept.secret))
    for wrong in ["", "a", Self.key.secret + "A", Self.key.secret + "=", String(Self.key.secret.dropLast())] {
      #expect(OperatorSigningKey(secret: wrong) == nil, "\(wrong.count)")
    }
    #expect(OperatorPublicKeys(Self.known.text.utf8) == Self.known)
    #expect(OperatorPublicKeys("{}".utf8) == nil && OperatorPublicKeys("".utf8) == nil)
  }
}
