import Testing

@testable import Serving

struct RetentionTests {
  @Test func `whole days go where the retention is long enough for it`() {
    let now = 100 * 86_400.0 + 5000
    #expect(RetentionService.bound(3600, now: now) == now - 3600)
    #expect(RetentionService.bound(30 * 86_400, now: now) == 70 * 86_400)
    #expect(RetentionService.bound(2 * 86_400 - 1, now: now) == now - 2 * 86_400 + 1)
  }
}
