def test_smoke(client_as):
    c = client_as("manager")
    for path in ("/reports", "/audit", "/staff", "/staff/me", "/audit.csv"):
        r = c.get(path)
        assert r.status_code == 200, (path, r.text[:3000])
    for n in [
        "sales",
        "products",
        "conversion",
        "stay",
        "busy",
        "throughput",
        "queue",
        "heat",
        "fixtures",
        "shrink",
        "review",
        "accuracy",
    ]:
        r = c.get(f"/reports/{n}.csv")
        print(n, r.status_code, r.text[:300])
        assert r.status_code == 200
