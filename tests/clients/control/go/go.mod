module muster.test/scenario

go 1.23

require muster.test/clients/images v0.0.0

replace muster.test/clients/images => ../client
